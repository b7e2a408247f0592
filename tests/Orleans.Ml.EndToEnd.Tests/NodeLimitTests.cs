using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>A node with two processors: what does not fit is refused, with the node's reason, and leaves nothing.</summary>
public sealed class NodeLimitTests
{
    [Theory]
    [InlineData("threads_per_allocation=4", "processors")]
    [InlineData("number_of_allocations=3", "")]
    public async Task RefusesAndKeepsNothing_WhenNoNodeHasTheProcessors(string query, string named)
    {
        await using var server = await MlServer.StartAsync("--processors", "2");
        await server.Http.CreateModelAsync("m", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        var (status, body) = await server.Http.PostJsonAsync($"/_ml/trained_models/m/deployment/_start?{query}");

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("m", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        if (named.Length > 0)
        {
            var cause = body["error"]!["caused_by"]!["reason"]!.GetValue<string>();
            Assert.Contains("[node-1]", cause, StringComparison.Ordinal);
            Assert.Contains(named, cause, StringComparison.Ordinal);
        }

        Assert.Null(await server.Http.DeploymentStatsAsync("m"));
        await server.TerminateAsync();
        await server.RestartAsync();
        Assert.Null(await server.Http.DeploymentStatsAsync("m"));
        Assert.Empty(server.WorkerProcesses());
        await server.Http.StartAsync("m", "number_of_allocations=2&wait_for=fully_allocated&timeout=60s");
    }

    [Fact]
    public async Task RefusesWithTheNodesMemory_WhenAModelDoesNotFit()
    {
        await using var server = await MlServer.StartAsync("--memory", "100mb");
        await server.Http.CreateModelAsync("m", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        var (status, body) = await server.Http.PostJsonAsync("/_ml/trained_models/m/deployment/_start");

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        var cause = body["error"]!["caused_by"]!["reason"]!.GetValue<string>();
        Assert.Contains("[node-1]", cause, StringComparison.Ordinal);
        Assert.Contains("[104857600]", cause, StringComparison.Ordinal);
        Assert.Null(await server.Http.DeploymentStatsAsync("m"));
    }

    [Fact]
    public async Task KeepsEverything_WhenItIsTerminatedAndStartedAgain()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.CreateFromFolderAsync("tiny-embedding", TestModels.Sample("tiny-embedding"));
        await server.Http.CreateModelAsync("idle", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        await server.Http.StartAsync("tiny-embedding", "deployment_id=kept&queue_capacity=77&cache_size=3mb&priority=low&timeout=60s");
        var models = (await server.Http.GetJsonAsync("/_ml/trained_models")).Body.ToJsonString();
        var stats = (await server.Http.DeploymentStatsAsync("kept"))!;
        var vector = (await server.Http.InferAsync("kept", "hello")).ToJsonString();

        Assert.Equal(0, await server.TerminateAsync());
        await server.RestartAsync();

        Assert.Equal(models, (await server.Http.GetJsonAsync("/_ml/trained_models")).Body.ToJsonString());
        var after = await server.Http.UntilStatsAsync("kept", "started", s => s["state"]!.GetValue<string>() == "started" && s["nodes"]![0]!["inference_count"] is not null);
        foreach (var member in new[] { "model_id", "queue_capacity", "cache_size", "priority", "start_time", "threads_per_allocation", "number_of_allocations" })
            Assert.Equal(stats[member]!.ToJsonString(), after[member]!.ToJsonString());
        Assert.Equal(vector, (await server.Http.InferAsync("kept", "hello")).ToJsonString());
        Assert.Null(await server.Http.DeploymentStatsAsync("idle"));
        await server.Http.StartAsync("idle");
        await server.Http.InferAsync("idle", "w5");
    }
}
