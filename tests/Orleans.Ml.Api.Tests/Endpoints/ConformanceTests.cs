using System.Globalization;
using System.Net;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

/// <summary>Lines of the references' checklists that no other test states; docs/api-compatibility.md has all lines and their tests.</summary>
public sealed class ConformanceTests : IAsyncLifetime
{
    private const string StartUri = "/_ml/trained_models/m/deployment/_start";
    private const string Ner = """{"model_type":"pytorch","inference_config":{"ner":{}}}""";

    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        _api.Cluster.Model("m").Model = Given.Model("m");
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("", null, "m")]
    [InlineData("", """{"deployment_id":"ignored"}""", "m")]
    [InlineData("?deployment_id=d", """{"deployment_id":"ignored"}""", "d")]
    public async Task Start_TakesTheDeploymentIdOfTheQuery_OrTheModels(string query, string? body, string expected)
    {
        await _api.SendAsync("POST", StartUri + query, body);

        Assert.Equal(expected, _api.Cluster.Deployment(expected).Asked?.DeploymentId);
        Assert.Null(_api.Cluster.Deployment("ignored").Asked);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    [InlineData(16, true)]
    [InlineData(32, true)]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(33, false)]
    [InlineData(64, false)]
    public async Task Start_TakesPowersOfTwoUpTo32_AsThreads(int threads, bool isTaken)
    {
        var answer = await _api.SendAsync("POST", string.Create(CultureInfo.InvariantCulture, $"{StartUri}?threads_per_allocation={threads}"));

        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
        Assert.True(isTaken || answer.Reason.Contains("[threads_per_allocation]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_ListsAllProblemsTogether()
    {
        var answer = await _api.SendAsync("POST", StartUri + "?threads_per_allocation=3&queue_capacity=0&number_of_allocations=0");

        Assert.Equal("action_request_validation_exception", answer.ErrorType);
        Assert.Contains("3: ", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1_000_000, true)]
    [InlineData(1_000_001, false)]
    public async Task Start_TakesAQueueCapacity_WithinTheLimits(int capacity, bool isTaken)
    {
        var answer = await _api.SendAsync("POST", string.Create(CultureInfo.InvariantCulture, $"{StartUri}?queue_capacity={capacity}"));

        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData("10", null)]
    [InlineData("10%25", null)]
    [InlineData("0", 0L)]
    [InlineData("0b", 0L)]
    [InlineData("1.5mb", 1_572_864L)]
    [InlineData("10MB", 10_485_760L)]
    public async Task Start_TakesACacheSize_WithAUnit(string size, long? bytes)
    {
        var answer = await _api.SendAsync("POST", $"{StartUri}?cache_size={size}");

        Assert.Equal(bytes is null ? HttpStatusCode.BadRequest : HttpStatusCode.OK, answer.Status);
        Assert.Equal(bytes, _api.Cluster.Deployment("m").Asked?.CacheSizeBytes);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a.b", true)]
    [InlineData("a_b-c", true)]
    [InlineData("elastic__distilbert-base-uncased-finetuned-conll03-english", true)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    [InlineData("A", false)]
    [InlineData("_a", false)]
    [InlineData("a_", false)]
    [InlineData("_all", false)]
    public async Task Put_TakesModelIds(string id, bool isTaken)
    {
        var answer = await _api.SendAsync("PUT", $"/_ml/trained_models/{id}", Ner);

        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
        Assert.True(isTaken || answer.ErrorType == "action_request_validation_exception");
    }

    [Fact]
    public async Task Put_RefusesTwoTasks()
    {
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/new", """{"model_type":"pytorch","inference_config":{"ner":{},"fill_mask":{}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "x_content_parse_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Definition_IsComplete_WhenTheLengthsAddUp()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/new", Ner);

        await PutPartAsync(1, "BBBB");
        var half = await GetAsync();
        await PutPartAsync(0, "AAAA");
        var whole = await GetAsync();

        Assert.Equal((false, 6L), half);
        Assert.Equal((true, 6L), whole);
    }

    [Fact]
    public async Task Definition_IsNotComplete_WhenPartsNameDifferentTotals()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/new", Ner);
        await PutPartAsync(0, "AAAA");

        await PutPartAsync(1, "BBBB", total: 7);

        Assert.Equal((false, 6L), await GetAsync());
    }

    [Fact]
    public async Task Numbers_AreFloatsWidenedToDoubles()
    {
        _api.Router.OnInfer = _ => Inference.InferenceReply.Ok([Given.Embedding(0.1f)], null);

        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", """{"docs":[{"text_field":"x"}]}""");

        Assert.Equal("""{"inference_results":[{"predicted_value":[0.10000000149011612]}]}""", answer.Body);
    }

    [Fact]
    public async Task Infer_IsRefused_WhenOneOfTwoDocumentsHasNoText()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", """{"docs":[{"text_field":"x"},{"other":"y"}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Null(_api.Router.Asked);
    }

    [Fact]
    public async Task Infer_IsRefused_WithoutABody()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
    }

    private Task<Answer> PutPartAsync(int part, string definition, int total = 6) => _api.SendAsync("PUT",
        string.Create(CultureInfo.InvariantCulture, $"/_ml/trained_models/new/definition/{part}"),
        $$"""{"definition":"{{definition}}","total_definition_length":{{total}},"total_parts":2}""");

    private async Task<(bool IsComplete, long Bytes)> GetAsync()
    {
        var model = (await _api.SendAsync("GET", "/_ml/trained_models/new?include=definition_status")).Json.GetProperty("trained_model_configs")[0];
        return (model.GetProperty("fully_defined").GetBoolean(), model.GetProperty("model_size_bytes").GetInt64());
    }
}
