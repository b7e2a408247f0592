using System.Net;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class ModelAliasEndpointsTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        await StoreAsync(Given.Model("one"));
        await StoreAsync(Given.Model("two"));
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Put_GivesAModelAnotherName()
    {
        var answer = await PutAsync("one", "live");

        Assert.Equal((HttpStatusCode.OK, """{"acknowledged":true}"""), (answer.Status, answer.Body));
        var model = (await _api.SendAsync("GET", "/_ml/trained_models/live")).Json.GetProperty("trained_model_configs")[0];
        Assert.Equal("one", model.GetProperty("model_id").GetString());
        Assert.Equal("""["live"]""", model.GetProperty("metadata").GetProperty("model_aliases").GetRawText());
    }

    [Fact]
    public async Task Get_KeepsTheOtherMetadata_WhenItAddsTheAliases()
    {
        _api.Cluster.Model("one").Model = Given.Model("one") with { Config = Given.Model("one").Config with { MetadataJson = """{"owner":"me"}"""u8.ToArray() } };
        await PutAsync("one", "z");
        await PutAsync("one", "a");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/one");

        Assert.Equal("""{"owner":"me","model_aliases":["a","z"]}""", answer.Json.GetProperty("trained_model_configs")[0].GetProperty("metadata").GetRawText());
    }

    [Theory]
    [InlineData("live*")]
    [InlineData("li*e,one")]
    [InlineData("_all")]
    public async Task Get_FindsTheModelOnce_WhenAWildcardMatchesItsAlias(string expression)
    {
        await PutAsync("one", "live");

        var answer = await _api.SendAsync("GET", $"/_ml/trained_models/{expression}?filter_path=trained_model_configs.model_id");

        Assert.Contains("""{"model_id":"one"}""", answer.Body, StringComparison.Ordinal);
        Assert.Equal(expression == "_all" ? 2 : 1, answer.Json.GetProperty("trained_model_configs").GetArrayLength());
    }

    [Theory]
    [InlineData("one")]
    [InlineData("a1")]
    [InlineData("Upper")]
    [InlineData("_a")]
    public async Task Put_RefusesAName(string alias)
    {
        var answer = await PutAsync("one", alias);

        Assert.Equal((HttpStatusCode.BadRequest, "action_request_validation_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains($"[{alias}]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_RefusesANameThatIsAModels()
    {
        var answer = await PutAsync("one", "two");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Put_Is404_WhenThereIsNoSuchModel() =>
        Assert.Equal("resource_not_found_exception", (await PutAsync("nobody", "live")).ErrorType);

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public async Task Put_RefusesANameInUse_UnlessReassigned(string next)
    {
        await PutAsync("one", "live");

        var refused = await PutAsync(next, "live");
        var moved = await PutAsync(next, "live", "?reassign=true");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (refused.Status, refused.ErrorType));
        Assert.Contains("[reassign]", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, moved.Status);
        Assert.Equal(next, _api.Cluster.Aliases.Now.ByAlias["live"]);
    }

    [Fact]
    public async Task Put_RefusesToReassign_WhenTheTasksDiffer()
    {
        await StoreAsync(Given.Model("ner", new NerConfig(new(), null, [])));
        await PutAsync("one", "live");

        var answer = await PutAsync("ner", "live", "?reassign=true");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("[pass_through]", answer.Reason, StringComparison.Ordinal);
        Assert.Contains("[ner]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_RefusesToReassign_WhenOnlyTheOldModelIsDeployed()
    {
        await PutAsync("one", "live");
        await _api.SendAsync("POST", "/_ml/trained_models/one/deployment/_start");

        var answer = await PutAsync("two", "live", "?reassign=true");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("not yet deployed", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_RefusesToReassign_WhenTheNewModelHasNoAllocationYet()
    {
        await PutAsync("one", "live");
        await _api.SendAsync("POST", "/_ml/trained_models/one/deployment/_start");
        await _api.SendAsync("POST", "/_ml/trained_models/two/deployment/_start");
        _api.Cluster.Deployment("two").Assignment = Given.Assignment(new("two", "two"), AssignmentState.Starting, ("node-1", new(0, 1, RoutingState.Starting)));

        var answer = await PutAsync("two", "live", "?reassign=true");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("not yet allocated", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_Warns_WhenTheModelsReadOtherFields()
    {
        await StoreAsync(Given.Model("other") with { Config = Given.Model("other").Config with { InputFieldNames = ["body"] } });
        await PutAsync("one", "live");

        var answer = await PutAsync("other", "live", "?reassign=true");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.StartsWith("299 Elasticsearch-", answer.Headers["Warning"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_TakesTheNameAway()
    {
        await PutAsync("one", "live");

        var answer = await _api.SendAsync("DELETE", "/_ml/trained_models/one/model_aliases/live");

        Assert.Equal("""{"acknowledged":true}""", answer.Body);
        Assert.Equal(HttpStatusCode.NotFound, (await _api.SendAsync("GET", "/_ml/trained_models/live")).Status);
    }

    [Fact]
    public async Task Delete_IsRefused_WhenTheNameIsUnknownOrAnothers()
    {
        await PutAsync("one", "live");

        var unknown = await _api.SendAsync("DELETE", "/_ml/trained_models/one/model_aliases/dead");
        var others = await _api.SendAsync("DELETE", "/_ml/trained_models/two/model_aliases/live");

        Assert.Equal((HttpStatusCode.NotFound, "status_exception"), (unknown.Status, unknown.ErrorType));
        Assert.Equal((HttpStatusCode.Conflict, "status_exception"), (others.Status, others.ErrorType));
    }

    [Fact]
    public async Task DeletingAModel_TakesItsNamesAway()
    {
        await PutAsync("one", "live");

        await _api.SendAsync("DELETE", "/_ml/trained_models/one");

        Assert.Empty(_api.Cluster.Aliases.Now.ByAlias);
    }

    [Fact]
    public async Task DeletingAModel_DoesNotTakeAnAliasForIt()
    {
        await PutAsync("one", "live");

        Assert.Equal(HttpStatusCode.NotFound, (await _api.SendAsync("DELETE", "/_ml/trained_models/live")).Status);
    }

    [Fact]
    public async Task CreatingAModel_IsRefused_WhenItsIdIsAnAlias()
    {
        await PutAsync("one", "live");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/live", """{"model_type":"pytorch","inference_config":{"ner":{}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("unique", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_AreFoundByAlias()
    {
        await PutAsync("one", "live");
        await _api.SendAsync("POST", "/_ml/trained_models/one/deployment/_start");

        var stats = (await _api.SendAsync("GET", "/_ml/trained_models/live/_stats")).Json;

        Assert.Equal(1, stats.GetProperty("count").GetInt32());
        Assert.Equal("one", stats.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats").GetProperty("model_id").GetString());
    }

    [Fact]
    public async Task Start_StartsTheModelOfAnAlias()
    {
        await PutAsync("one", "live");

        await _api.SendAsync("POST", "/_ml/trained_models/live/deployment/_start?deployment_id=d");

        Assert.Equal("one", _api.Cluster.Deployment("d").Asked!.ModelId);
    }

    private Task<Answer> PutAsync(string modelId, string alias, string query = "") =>
        _api.SendAsync("PUT", $"/_ml/trained_models/{modelId}/model_aliases/{alias}{query}");

    private async Task StoreAsync(TrainedModel model)
    {
        _api.Cluster.Model(model.Config.ModelId).Model = model;
        await _api.Cluster.Store.RegisterAsync(model.Config.ModelId, "i1", default);
    }
}
