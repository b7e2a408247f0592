using System.Net;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class StatsEndpointsTests : IAsyncLifetime
{
    private readonly ArmedTime _time = new();
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(_time);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Get_ShowsCountersOfStartedRoutes()
    {
        Deploy("m", "d", ("node-1", new(2, 2, RoutingState.Started)), ("node-2", new(0, 1, RoutingState.Starting)), ("node-3", new(0, 1, RoutingState.Failed, "no vocabulary")));
        _api.Cluster.Node("node-1").OnStats = () => Task.FromResult(new NodeStats(Given.Node("node-1"), [Loaded("d") with
        {
            InferenceCount = 4, InferenceTimeMs = 10, LastAccess = Given.StartTime.AddSeconds(9), PendingRequests = 3, ErrorCount = 1, RejectedCount = 2, TimeoutCount = 3,
            PeakThroughputPerMinute = 8, ThroughputLastMinute = 2, InferenceTimeMsLastMinute = 3, MemoryBytes = 123_456,
        }]));

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/d/_stats");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Golden.Equal("stats.json", answer.Body);
    }

    [Fact]
    public async Task Get_ShowsAModelWithoutDeployment()
    {
        await StoreAsync("m");

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/_stats");

        Assert.Equal(
            """{"count":1,"trained_model_stats":[{"model_id":"m","model_size_stats":{"model_size_bytes":1630,"required_native_memory_bytes":251661500},"pipeline_count":0}]}""",
            answer.Body);
    }

    [Fact]
    public async Task Get_LeavesOutCountersThatAreZero()
    {
        Deploy("m", "m", ("node-1", new(1, 1, RoutingState.Started)));
        _api.Cluster.Node("node-1").OnStats = () => Task.FromResult(new NodeStats(Given.Node("node-1"), [Loaded("m")]));

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        var deployment = answer.Json.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats");
        Assert.False(deployment.TryGetProperty("error_count", out _));
        Assert.False(deployment.GetProperty("nodes")[0].TryGetProperty("average_inference_time_ms", out _));
        Assert.Equal(0, deployment.GetProperty("nodes")[0].GetProperty("inference_count").GetInt32());
    }

    [Fact]
    public async Task Get_SaysSo_WhenANodeIsGone()
    {
        Deploy("m", "m", ("node-1", new(1, 1, RoutingState.Started)));
        _api.Cluster.Node("node-1").OnStats = () => throw new SiloUnavailableException();

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        AssertSilent(answer);
    }

    [Theory]
    [InlineData(1, HttpStatusCode.OK)]
    [InlineData(2, HttpStatusCode.ServiceUnavailable)]
    public async Task Get_IsDoneOnceMore_WhenItIsLostWithANode(int lost, HttpStatusCode expected)
    {
        Deploy("m", "m", ("node-1", new(1, 1, RoutingState.Started)));
        _api.Cluster.Placement.LostReadings = lost;

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        Assert.Equal(expected, answer.Status);
    }

    [Fact]
    public async Task Get_SaysSo_WhenANodeHangs()
    {
        Deploy("m", "m", ("node-1", new(1, 1, RoutingState.Started)));
        _api.Cluster.Node("node-1").OnStats = () => new TaskCompletionSource<NodeStats>().Task;
        var call = _api.SendAsync("GET", "/_ml/trained_models/m/_stats");
        await _time.TimerOf(TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(2));

        AssertSilent(await call.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_ShowsALostModelAsStopped_WhenItsNodeHasNone()
    {
        Deploy("m", "m", ("node-1", new(1, 1, RoutingState.Started)));

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        var node = answer.Json.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats").GetProperty("nodes")[0];
        Assert.Equal("""{"routing_state":"stopped"}""", node.GetProperty("routing_state").GetRawText());
        Assert.True(node.TryGetProperty("node", out _));
    }

    [Fact]
    public async Task Get_ShowsFailed_WhenAllRoutesFailed()
    {
        Deploy("m", "m", ("node-1", new(0, 1, RoutingState.Failed, "x")));

        var answer = await _api.SendAsync("GET", "/_ml/trained_models/m/_stats");

        var deployment = answer.Json.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats");
        Assert.Equal("failed", deployment.GetProperty("state").GetString());
        Assert.True(deployment.TryGetProperty("reason", out _));
        Assert.False(deployment.TryGetProperty("allocation_status", out _));
    }

    [Theory]
    [InlineData("", "a:a1,a:a2,b:-", 2)]
    [InlineData("/a", "a:a1,a:a2", 1)]
    [InlineData("/a2", "a:a2", 1)]
    [InlineData("/a2,b", "a:a2,b:-", 2)]
    [InlineData("/*2", "a:a2", 1)]
    [InlineData("/x*", "", 0)]
    public async Task Get_SelectsModelsAndDeployments(string path, string expected, int count)
    {
        Deploy("a", "a2");
        Deploy("a", "a1");
        await StoreAsync("b");
        await StoreAsync("a");

        var answer = await _api.SendAsync("GET", $"/_ml/trained_models{path}/_stats");

        var shown = answer.Json.GetProperty("trained_model_stats").EnumerateArray().Select(m =>
            m.GetProperty("model_id").GetString() + ":" + (m.TryGetProperty("deployment_stats", out var d) ? d.GetProperty("deployment_id").GetString() : "-"));
        Assert.Equal((expected, count), (string.Join(",", shown), answer.Json.GetProperty("count").GetInt32()));
    }

    [Theory]
    [InlineData("/missing/_stats")]
    [InlineData("/x*/_stats?allow_no_match=false")]
    public async Task Get_Is404_WhenAnIdNamesNothing(string path)
    {
        var answer = await _api.SendAsync("GET", "/_ml/trained_models" + path);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    private static void AssertSilent(Answer answer)
    {
        var node = answer.Json.GetProperty("trained_model_stats")[0].GetProperty("deployment_stats").GetProperty("nodes")[0];
        Assert.Equal(
            """{"routing_state":{"routing_state":"started","reason":"node [node-1] did not answer within [2s]"},"peak_throughput_per_minute":0,"throughput_last_minute":0}""",
            node.GetRawText());
    }

    private static LoadedModelStats Loaded(string deploymentId) => new(deploymentId, 0, 0, null, 0, 0, 0, 0, Given.StartTime.AddSeconds(2), 1, 2, 0, 0, 0, 0);

    private async Task StoreAsync(string id)
    {
        _api.Cluster.Model(id).Model = Given.Model(id, new PassThroughConfig(new(), null));
        await _api.Cluster.Store.RegisterAsync(id, "i1", TestContext.Current.CancellationToken);
    }

    private void Deploy(string modelId, string deploymentId, params (string, Route)[] routes)
    {
        _api.Cluster.Model(modelId).Model ??= Given.Model(modelId);
        var assignment = Given.Assignment(new(modelId, deploymentId, 3), AssignmentState.Started, routes);
        _api.Cluster.Deployment(deploymentId).Assignment = assignment;
        var plan = _api.Cluster.Placement.Plan;
        _api.Cluster.Placement.Plan = plan with
        {
            Deployments = plan.Deployments.SetItem(deploymentId, new(assignment.TaskParameters, 7, Given.StartTime, [], null)),
        };
    }
}
