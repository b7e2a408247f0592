using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Every member of the stats of a deployment that really works: there when it should be, of its type and unit, and counting (deployment-runtime.md §6).</summary>
public sealed class StatsTests(ServerFixture fixture)
{
    // Takes 10 ms for each of its first token's id, and fails from 600 on.
    private static readonly byte[] SlowOrFailing = ScriptArchive.Build("""
            x = torch.ones([16, 16], dtype=6)
            y = torch.mul(x, 0.0625)
            first = torch.item(torch.select(torch.select(ids, 0, 0), 0, 0))
            known = torch.select(torch.ones([600], dtype=6), 0, int(first))
            for _ in range(torch.mul(int(first), 5000)):
              y = torch.matmul(y, x)
              y = torch.mul(y, 0.0625)
            return torch.add(torch.to(ids, 6), torch.mul(torch.add(torch.sum(y), known), 0.0))

        """);

    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task MembersOfAnIdleDeployment()
    {
        await Http.DeployScriptAsync("stats-idle", SlowOrFailing, "queue_capacity=7&cache_size=10mb&wait_for=fully_allocated&timeout=60s");

        var stats = await ModelAsync("stats-idle");

        Assert.Equal("model_id model_size_stats pipeline_count inference_stats deployment_stats", Names(stats));
        Assert.Equal("model_size_bytes required_native_memory_bytes", Names(stats["model_size_stats"]!));
        Assert.Equal(SlowOrFailing.Length, stats["model_size_stats"]!["model_size_bytes"]!.GetValue<long>());
        Assert.Equal("failure_count inference_count cache_miss_count missing_all_fields_count timestamp", Names(stats["inference_stats"]!));
        var deployment = stats["deployment_stats"]!;
        Assert.Equal(
            "deployment_id model_id threads_per_allocation number_of_allocations queue_capacity state allocation_status cache_size priority start_time " +
            "peak_throughput_per_minute nodes", Names(deployment));
        Assert.Equal(
            """{"allocation_count":1,"target_allocation_count":1,"state":"fully_allocated"}""", deployment["allocation_status"]!.ToJsonString());
        Assert.Equal(("started", 7, "10mb", "normal"), (
            deployment["state"]!.GetValue<string>(), deployment["queue_capacity"]!.GetValue<int>(), deployment["cache_size"]!.GetValue<string>(),
            deployment["priority"]!.GetValue<string>()));
        var node = deployment["nodes"]!.AsArray().Single()!;
        Assert.Equal(
            "node routing_state inference_count average_inference_process_memory_rss_bytes inference_cache_hit_count number_of_pending_requests start_time " +
            "threads_per_allocation number_of_allocations peak_throughput_per_minute throughput_last_minute inference_cache_hit_count_last_minute", Names(node));
        Assert.Equal(
            "name ephemeral_id transport_address external_id attributes roles version min_index_version max_index_version", Names(node["node"]!["node-1"]!));
        Assert.Equal("""{"routing_state":"started"}""", node["routing_state"]!.ToJsonString());
        await Http.StopAsync("stats-idle");
    }

    [Fact]
    public async Task CountersOfADeploymentThatWorks()
    {
        var before = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await Http.DeployScriptAsync("stats-busy", SlowOrFailing, "queue_capacity=1&wait_for=fully_allocated&timeout=60s");
        await Http.InferAsync("stats-busy", "w5");
        await Http.InferAsync("stats-busy", "w7");
        var (failed, _) = await AskAsync("w700");
        var running = AskAsync("w100");
        await Http.UntilStatsAsync("stats-busy", "1 pending", s => s.Counter("number_of_pending_requests") == 1);
        var (late, _) = await AskAsync("w5", "100ms");
        var waiting = AskAsync("w6");
        await Http.UntilStatsAsync("stats-busy", "2 pending", s => s.Counter("number_of_pending_requests") == 2);
        var (refused, _) = await AskAsync("w5");
        Assert.Equal(
            (HttpStatusCode.InternalServerError, HttpStatusCode.RequestTimeout, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK),
            (failed, late, refused, (await running).Status, (await waiting).Status));

        var stats = await ModelAsync("stats-busy");

        var after = TimeProvider.System.GetUtcNow();
        var deployment = stats["deployment_stats"]!;
        Assert.Equal((1, 1, 1, 4), Counts(deployment));
        var node = deployment["nodes"]!.AsArray().Single()!;
        Assert.Equal((1, 1, 1, 4), Counts(node));
        Assert.Equal(
            "node routing_state inference_count average_inference_time_ms average_inference_time_ms_excluding_cache_hits " +
            "average_inference_process_memory_rss_bytes inference_cache_hit_count last_access number_of_pending_requests error_count rejected_execution_count " +
            "timeout_count start_time threads_per_allocation number_of_allocations peak_throughput_per_minute throughput_last_minute " +
            "inference_cache_hit_count_last_minute", Names(node));
        Assert.Equal(0, node["number_of_pending_requests"]!.GetValue<int>());
        // 5 + 7 + 100 + 6 times some 10 ms, divided by 4: milliseconds, and more than the shortest can have taken.
        Assert.InRange(node["average_inference_time_ms"]!.GetValue<double>(), 20, (after - before).TotalMilliseconds / 2);
        Assert.Equal(node["average_inference_time_ms"]!.GetValue<double>(), node["average_inference_time_ms_excluding_cache_hits"]!.GetValue<double>());
        Assert.InRange(node["average_inference_process_memory_rss_bytes"]!.GetValue<long>(), 20_000_000, 4_000_000_000);
        var starts = (Deployment: Time(deployment, "start_time"), Node: Time(node, "start_time"), Access: Time(node, "last_access"), Now: Time(stats["inference_stats"]!, "timestamp"));
        Assert.True(before <= starts.Deployment && starts.Deployment <= starts.Node && starts.Node <= starts.Access && starts.Access <= starts.Now && starts.Now <= after, $"{starts}");
        var totals = stats["inference_stats"]!;
        Assert.Equal((3, 4, 0, 0), (
            totals["failure_count"]!.GetValue<int>(), totals["inference_count"]!.GetValue<int>(), totals["cache_miss_count"]!.GetValue<int>(),
            totals["missing_all_fields_count"]!.GetValue<int>()));
        await Http.StopAsync("stats-busy");
        Assert.Equal("model_id model_size_stats pipeline_count", Names(await ModelAsync("stats-busy")));
    }

    private Task<(HttpStatusCode Status, JsonNode Body)> AskAsync(string text, string timeout = "60s") =>
        Http.PostJsonAsync($"/_ml/trained_models/stats-busy/_infer?timeout={timeout}", MlApi.InferBody(text));

    private async Task<JsonNode> ModelAsync(string id) =>
        (await Http.MustAsync(HttpMethod.Get, $"/_ml/trained_models/{id}/_stats"))["trained_model_stats"]!.AsArray().Single()!;

    private static string Names(JsonNode node) => string.Join(' ', node.AsObject().Select(m => m.Key));

    private static (int Errors, int Rejected, int Timeouts, int Inferences) Counts(JsonNode node) => (
        node["error_count"]!.GetValue<int>(), node["rejected_execution_count"]!.GetValue<int>(), node["timeout_count"]!.GetValue<int>(),
        node["inference_count"]!.GetValue<int>());

    private static DateTimeOffset Time(JsonNode node, string name)
    {
        Assert.Equal(JsonValueKind.Number, node[name]!.GetValueKind());
        return DateTimeOffset.FromUnixTimeMilliseconds(node[name]!.GetValue<long>());
    }
}
