using System.Net;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class ClusterEndpointsTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Info_HasTheLimitsOfTheNodes()
    {
        _api.Cluster.Routing.Nodes = [new("node-1", 3), new("node-2", 3)];

        var info = (await _api.SendAsync("GET", "/_ml/info")).Json;

        Assert.Equal("""{"total_ml_memory":"2gb","effective_max_model_memory_limit":"1gb","max_single_ml_node_processors":2,"total_ml_processors":4}""",
            info.GetProperty("limits").GetRawText());
        Assert.False(info.GetProperty("upgrade_mode").GetBoolean());
        Assert.Equal("1gb", info.GetProperty("defaults").GetProperty("anomaly_detectors").GetProperty("model_memory_limit").GetString());
        Assert.Equal("9.2.0", info.GetProperty("native_code").GetProperty("version").GetString());
    }

    [Fact]
    public async Task ClearCache_Is404_WhenTheDeploymentIsUnknown()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/nobody/deployment/cache/_clear");

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task ClearCache_SaysYes_WhenTheDeploymentIsKnown()
    {
        _api.Cluster.Deployment("d").Assignment = Given.Assignment(new("m", "d"));

        var answer = await _api.SendAsync("POST", "/_ml/trained_models/d/deployment/cache/_clear", "");

        Assert.Equal((HttpStatusCode.OK, """{"cleared":true}"""), (answer.Status, answer.Body));
    }
}
