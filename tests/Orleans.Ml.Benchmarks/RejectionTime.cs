using System.Text.Json;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>How long a caller waits for its 429 while the queue is full.</summary>
internal static class RejectionTime
{
    public static async Task RunAsync()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.CreateModelAsync("slow", ScriptArchive.Config, ScriptArchive.SlowById, JsonSerializer.Serialize(new { vocabulary = ScriptArchive.Vocabulary }));
        await server.Http.StartAsync("slow", "wait_for=started&timeout=60s&queue_capacity=1");

        // One in the worker, then one in the queue: both run longer than the measurement.
        var running = new List<Task>();
        for (var pending = 1; pending <= 2; pending++)
        {
            running.Add(server.Http.PostJsonAsync("/_ml/trained_models/slow/_infer?timeout=120s", MlApi.InferBody("w999")));
            await UntilPendingAsync(server, pending);
        }

        Report.Heading("A full queue: time to 429, ms");
        Report.Columns("clients", "429 /s", "p50", "p99");
        foreach (var clients in new[] { 1, 8 })
        {
            var result = HttpLoad.Run(server.Port, "slow", "w999", clients, TimeSpan.FromSeconds(3), expectedStatus: 429);
            Report.Row(clients, result.PerSecond, result.P50Milliseconds, result.P99Milliseconds);
        }

        await server.Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/slow?force=true");
        await Task.WhenAll(running);
    }

    private static async Task UntilPendingAsync(MlServer server, int documents)
    {
        while (true)
        {
            var stats = await server.Http.MustAsync(HttpMethod.Get, "/_ml/trained_models/slow/_stats");
            if (stats["trained_model_stats"]![0]!["deployment_stats"]!["nodes"]![0]!["number_of_pending_requests"]!.GetValue<int>() == documents)
                return;
        }
    }
}
