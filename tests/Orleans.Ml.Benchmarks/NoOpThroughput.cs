using System.Text.Json;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>Requests per second when the model has nothing to do: everything that is measured is ours, and the client's.</summary>
internal static class NoOpThroughput
{
    private const int Rounds = 3;

    public static async Task RunAsync()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.CreateModelAsync("noop", ScriptArchive.Config, ScriptArchive.Echo, JsonSerializer.Serialize(new { vocabulary = ScriptArchive.Vocabulary }));
        await server.Http.StartAsync("noop");
        Report.Heading($"A model that does nothing through HTTP `_infer`: one allocation, medians of {Rounds} rounds of 5 s; latencies in ms");
        Report.Columns("clients", "requests /s", "p50", "p99");
        HttpLoad.Run(server.Port, "noop", "w5 w6 w7", 8, TimeSpan.FromSeconds(5));
        foreach (var clients in new[] { 1, 8, 64 })
        {
            var rounds = Enumerable.Range(0, Rounds).Select(_ => HttpLoad.Run(server.Port, "noop", "w5 w6 w7", clients, TimeSpan.FromSeconds(5))).ToList();
            Report.Row(clients, Report.Median(rounds.Select(r => r.PerSecond)), Report.Median(rounds.Select(r => r.P50Milliseconds)), Report.Median(rounds.Select(r => r.P99Milliseconds)));
        }
    }
}
