using System.Net;
using Microsoft.Extensions.Time.Testing;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class TrainedModelEndpointsTests : IAsyncLifetime
{
    private const string Body = """
        {"model_type":" PyTorch ","description":"Entities & more","tags":["a","b"],"input":{"field_names":["text_field"]},
         "metadata":{"per_deployment_memory_bytes":265000000.5,"per_allocation_memory_bytes":"7","note":"ü"},
         "inference_config":{"ner":{"classification_labels":["O","B_PER","I_PER"],"results_field":"found",
           "tokenization":{"bert":{"do_lower_case":true,"max_sequence_length":"128"}}}},
         "model_size_bytes":1630.0,"platform_architecture":"linux-x86_64","prefix_strings":{"ingest":"passage: ","search":"query: "}}
        """;

    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(new FakeTimeProvider(Given.StartTime));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Put_AnswersTheStoredConfigurationWithDefaults()
    {
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Golden.Equal("model.json", answer.Body);
    }

    [Fact]
    public async Task Put_KeepsTheMemoryNumbersOfTheMetadata()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        var config = _api.Cluster.Model("ner-demo").Model!.Config;
        Assert.Equal((265000000, 7), (config.PerDeploymentMemoryBytes, config.PerAllocationMemoryBytes));
    }

    [Fact]
    public async Task Put_IsRefused_WhenTheModelExists()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);
        var first = _api.Cluster.Model("ner-demo").Model!.Config.Instance;

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        Assert.Equal((HttpStatusCode.BadRequest, "resource_already_exists_exception"), (answer.Status, answer.ErrorType));
        Assert.Equal(first, _api.Cluster.Model("ner-demo").Model!.Config.Instance);
    }

    [Fact]
    public async Task Put_IsRefused_WhenADeploymentOfAnotherModelHasThatId()
    {
        await StoreAsync("m");
        await _api.SendAsync("POST", "/_ml/trained_models/m/deployment/_start?deployment_id=ner-demo");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[m]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_IsRefused_WhenATagIsAModel()
    {
        await StoreAsync("a");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[a]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_IsRefused_WhenTheIdIsATag()
    {
        await StoreAsync("m", "ner-demo");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[m]", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "a1,a2,b1")]
    [InlineData("/_all", "a1,a2,b1")]
    [InlineData("/a*", "a1,a2")]
    [InlineData("/b1,a1", "a1,b1")]
    [InlineData("/*?from=1&size=1", "a2")]
    [InlineData("?tags=x", "a1,b1")]
    [InlineData("?tags=x%2Cy", "b1")]
    [InlineData("/z*", "")]
    public async Task Get_FindsWhatThePathNames(string path, string expected)
    {
        await StoreAsync("b1", "x", "y");
        await StoreAsync("a2");
        await StoreAsync("a1", "x");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models" + path);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(expected, string.Join(",", answer.Json.GetProperty("trained_model_configs").EnumerateArray().Select(m => m.GetProperty("model_id").GetString())));
    }

    [Fact]
    public async Task Get_CountsAllPages()
    {
        await StoreAsync("a");
        await StoreAsync("b");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models?size=1");

        Assert.Equal(2, answer.Json.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("/missing")]
    [InlineData("/a,missing")]
    [InlineData("/missing?allow_no_match=true")]
    [InlineData("/z*?allow_no_match=false")]
    public async Task Get_Is404_WhenAnIdNamesNothing(string path)
    {
        await StoreAsync("a");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models" + path);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Get_ShowsWhetherTheDefinitionIsComplete_OnlyWhenAsked()
    {
        await StoreAsync("a");
        await _api.SendAsync("PUT", "/_ml/trained_models/a/definition/0", """{"definition":"AAAA","total_definition_length":6,"total_parts":2}""");
        var silent = await _api.SendAsync("GET", "/_ml/trained_models/a");
        var partial = await _api.SendAsync("GET", "/_ml/trained_models/a?include=definition_status");
        await _api.SendAsync("PUT", "/_ml/trained_models/a/definition/1", """{"definition":"AAAA","total_definition_length":6,"total_parts":2}""");
        var complete = await _api.SendAsync("GET", "/_ml/trained_models/a?include=definition_status");

        Assert.DoesNotContain("fully_defined", silent.Body, StringComparison.Ordinal);
        Assert.Contains("\"fully_defined\":false", partial.Body, StringComparison.Ordinal);
        Assert.Contains("\"fully_defined\":true", complete.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithExcludeGenerated_LeavesOutWhatTheServerMade()
    {
        await StoreAsync("a");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/a?exclude_generated=true");

        Assert.DoesNotContain("create_time", answer.Body, StringComparison.Ordinal);
        Assert.Contains("\"inference_config\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_RemovesTheModelAndItsFiles()
    {
        await StoreAsync("a");
        await _api.SendAsync("PUT", "/_ml/trained_models/a/definition/0", """{"definition":"AAAA","total_definition_length":3,"total_parts":1}""");

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a");

        Assert.Equal("""{"acknowledged":true}""", answer.Body);
        Assert.Null(_api.Cluster.Model("a").Model);
        Assert.Empty(_api.Cluster.Store.Files);
    }

    [Fact]
    public async Task Delete_GoesOn_WhereAnEarlierOneBrokeOff()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/ner-demo", Body);
        _api.Cluster.Model("ner-demo").IsDeleting = true;

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/ner-demo");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Null(_api.Cluster.Model("ner-demo").Model);
    }

    [Fact]
    public async Task Delete_Is404_WhenThereIsNone()
    {
        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a?force=true");

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Delete_Is409_WhileDeployed()
    {
        await StoreAsync("a");
        await _api.SendAsync("POST", "/_ml/trained_models/a/deployment/_start?deployment_id=d");

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a");

        Assert.Equal((HttpStatusCode.Conflict, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[d]", answer.Reason, StringComparison.Ordinal);
        Assert.NotNull(_api.Cluster.Model("a").Model);
    }

    [Fact]
    public async Task Delete_WithForce_StopsDeploymentsFirst()
    {
        await StoreAsync("a");
        await _api.SendAsync("POST", "/_ml/trained_models/a/deployment/_start?deployment_id=d");

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a?force=true");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(StopMode.Forced, _api.Cluster.Deployment("d").Stopped);
        Assert.Null(_api.Cluster.Model("a").Model);
    }

    [Fact]
    public async Task Delete_StopsADeployment_ThatWasStartedMeanwhile()
    {
        await StoreAsync("a");
        _api.Cluster.Model("a").BeforeDeletion = () => _api.SendAsync("POST", "/_ml/trained_models/a/deployment/_start?deployment_id=d");

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(StopMode.Forced, _api.Cluster.Deployment("d").Stopped);
        Assert.Empty(_api.Cluster.Placement.Plan.Deployments);
    }

    [Fact]
    public async Task Delete_EndsWhatAnEarlierOneLeftBehind_AlsoWhenTheModelIsGone()
    {
        await StoreAsync("a");
        await _api.SendAsync("POST", "/_ml/trained_models/a/deployment/_start?deployment_id=d");
        _api.Cluster.Model("a").Model = null;

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a?force=true");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal(StopMode.Forced, _api.Cluster.Deployment("d").Stopped);
    }

    [Fact]
    public async Task Delete_LeavesDeploymentsOfANewModelOfThatIdAlone()
    {
        await StoreAsync("a");
        var model = _api.Cluster.Model("a");
        model.AfterDeletion = async () =>
        {
            model.Model = Given.Model("a");
            await _api.SendAsync("POST", "/_ml/trained_models/a/deployment/_start?deployment_id=d");
        };

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/a");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(StopMode.None, _api.Cluster.Deployment("d").Stopped);
    }

    private async Task StoreAsync(string id, params string[] tags)
    {
        var list = string.Join(",", tags.Select(t => $"\"{t}\""));
        var answer = await _api.SendAsync("PUT", $"/_ml/trained_models/{id}", $$$"""{"model_type":"pytorch","inference_config":{"pass_through":{}},"tags":[{{{list}}}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }
}
