using System.Net;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class UpdateEndpointsTests : IAsyncLifetime
{
    private const string Start = "/_ml/trained_models/m/deployment/_start";
    private const string Update = "/_ml/trained_models/m/deployment/_update";

    private ApiHost _api = null!;

    private FakeDeploymentGrain Deployment => _api.Cluster.Deployment("m");

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("?number_of_allocations=4", null)]
    [InlineData("?number_of_allocations=4&timeout=1m&master_timeout=5s", null)]
    [InlineData("", """{"number_of_allocations":4}""")]
    [InlineData("?timeout=1m", """{"model_id":"m","number_of_allocations":"4","timeout":"10s"}""")]
    public async Task Update_TakesANumber(string query, string? body)
    {
        await _api.SendAsync("POST", Start);

        var answer = await _api.SendAsync("POST", Update + query, body);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(new UpdateDeployment(4), Deployment.Updated);
    }

    [Fact]
    public async Task Update_AnswersTheAssignmentAsStartDoes()
    {
        Deployment.OnUpdate = asked => Task.FromResult(Given.Assignment(new StartDeployment("m", "m", asked.NumberOfAllocations!.Value, CacheSizeBytes: 10 << 20, CacheSize: "10mb")));

        var answer = await _api.SendAsync("POST", Update + "?number_of_allocations=2");

        Golden.Equal("start.json", answer.Body);
    }

    [Fact]
    public async Task Update_TellsAGivenNullFromWhatIsNotGiven()
    {
        await _api.SendAsync("POST", Start);

        await _api.SendAsync("POST", Update, """{"adaptive_allocations":{"enabled":true,"min_number_of_allocations":null,"max_number_of_allocations":4}}""");
        Assert.Equal(new(false, true, new BoundChange(null), new BoundChange(4)), Deployment.Updated!.AdaptiveAllocations);

        await _api.SendAsync("POST", Update, """{"adaptive_allocations":{"max_number_of_allocations":4}}""");
        Assert.Equal(new(false, null, null, new BoundChange(4)), Deployment.Updated!.AdaptiveAllocations);

        await _api.SendAsync("POST", Update, """{"adaptive_allocations":null,"number_of_allocations":3}""");
        Assert.Equal(new UpdateDeployment(3, new(IsRemoval: true)), Deployment.Updated);

        await _api.SendAsync("POST", Update, "{}");
        Assert.Equal(new UpdateDeployment(), Deployment.Updated);
    }

    [Theory]
    [InlineData("", null, "parse_exception", "body is required")]
    [InlineData("?number_of_allocations=2", "{}", "illegal_argument_exception", "number_of_allocations")]
    [InlineData("?number_of_allocations=2", """{"number_of_allocations":2}""", "illegal_argument_exception", "body")]
    [InlineData("?number_of_allocations=0", null, "action_request_validation_exception", "[number_of_allocations] must be a positive integer")]
    [InlineData("?number_of_allocations=x", null, "illegal_argument_exception", "number_of_allocations")]
    [InlineData("?number_of_allocations=1.5", null, "illegal_argument_exception", "number_of_allocations")]
    [InlineData("?threads_per_allocation=2", null, "illegal_argument_exception", "threads_per_allocation")]
    [InlineData("?timeout=5&number_of_allocations=2", null, "illegal_argument_exception", "timeout")]
    [InlineData("?master_timeout=x&number_of_allocations=2", null, "illegal_argument_exception", "master_timeout")]
    [InlineData("", """{"number_of_allocations":-1}""", "action_request_validation_exception", "number_of_allocations")]
    [InlineData("", """{"number_of_allocations":1.5}""", "x_content_parse_exception", "number_of_allocations")]
    [InlineData("", """{"number_of_allocations":null}""", "x_content_parse_exception", "number_of_allocations")]
    [InlineData("", """{"threads_per_allocation":2}""", "x_content_parse_exception", "threads_per_allocation")]
    [InlineData("", """{"priority":"low"}""", "x_content_parse_exception", "priority")]
    [InlineData("", """{"model_id":"other"}""", "status_exception", "[other]")]
    [InlineData("", """{"adaptive_allocations":{"oops":1}}""", "x_content_parse_exception", "oops")]
    [InlineData("", """{"adaptive_allocations":true}""", "x_content_parse_exception", "adaptive_allocations")]
    [InlineData("", """{"number_of_allocations":2,"adaptive_allocations":{"enabled":true}}""", "action_request_validation_exception", "adaptive allocations is enabled")]
    [InlineData("", """{"adaptive_allocations":{"min_number_of_allocations":-1,"max_number_of_allocations":0}}""", "action_request_validation_exception", "2: [max")]
    [InlineData("", """{"adaptive_allocations":{"min_number_of_allocations":3,"max_number_of_allocations":2}}""", "action_request_validation_exception", "[3] with [2]")]
    public async Task Update_Is400AndAsksNobody_WhenTheRequestIsWrong(string query, string? body, string type, string named)
    {
        await _api.SendAsync("POST", Start);

        var answer = await _api.SendAsync("POST", Update + query, body);

        Assert.Equal((HttpStatusCode.BadRequest, type), (answer.Status, answer.ErrorType));
        Assert.Contains(named, answer.Reason, StringComparison.Ordinal);
        Assert.Null(Deployment.Updated);
    }

    [Theory]
    [InlineData("m")]
    [InlineData("a*")]
    public async Task Update_Is404_WhenThereIsNoSuchDeployment(string id)
    {
        var answer = await _api.SendAsync("POST", $"/_ml/trained_models/{id}/deployment/_update?number_of_allocations=2");

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains($"[{id}]", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MlErrorKind.NoCapacity, HttpStatusCode.TooManyRequests, "status_exception")]
    [InlineData(MlErrorKind.Conflict, HttpStatusCode.Conflict, "status_exception")]
    [InlineData(MlErrorKind.StateValidation, HttpStatusCode.BadRequest, "validation_exception")]
    public async Task Update_PassesARefusalOn(MlErrorKind kind, HttpStatusCode status, string type)
    {
        Deployment.OnUpdate = _ => throw new MlException(kind, "refused");

        var answer = await _api.SendAsync("POST", Update + "?number_of_allocations=2");

        Assert.Equal((status, type, "refused"), (answer.Status, answer.ErrorType, answer.Reason));
    }

    [Fact]
    public async Task AdaptiveSettings_AreTakenByStart_AndShownByStartAndStats()
    {
        _api.Cluster.Model("m").Model = Given.Model("m");
        await _api.Cluster.Store.RegisterAsync("m", "i1", TestContext.Current.CancellationToken);

        var start = await _api.SendAsync("POST", Start, """{"adaptive_allocations":{"enabled":true,"min_number_of_allocations":2}}""");
        var stats = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        Assert.Equal(2, Deployment.Asked!.NumberOfAllocations);
        const string Expected = """{"enabled":true,"min_number_of_allocations":2}""";
        Assert.Equal(Expected, start.Json.GetProperty("assignment").GetProperty("adaptive_allocations").GetRawText());
        Assert.Equal(Expected, stats.Json.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats").GetProperty("adaptive_allocations").GetRawText());
    }

    [Theory]
    [InlineData("""{"adaptive_allocations":{"enabled":true,"min_number_of_allocations":0}}""", 1)]
    [InlineData("""{"adaptive_allocations":{"enabled":true}}""", 1)]
    [InlineData("""{"adaptive_allocations":{"enabled":false,"min_number_of_allocations":3},"number_of_allocations":2}""", 2)]
    public async Task Start_BeginsWithTheMinimumOrOne(string body, int expected)
    {
        await _api.SendAsync("POST", Start, body);

        Assert.Equal(expected, Deployment.Asked!.NumberOfAllocations);
    }

    [Fact]
    public async Task Start_Is400_WhenAdaptiveSettingsDecideTheNumberThatIsGiven()
    {
        var answer = await _api.SendAsync("POST", Start + "?number_of_allocations=1", """{"adaptive_allocations":{"enabled":true}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "action_request_validation_exception"), (answer.Status, answer.ErrorType));
        Assert.Null(Deployment.Asked);
    }
}
