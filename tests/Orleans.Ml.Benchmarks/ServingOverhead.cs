using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>
/// What serving costs: the raw loop and HTTP <c>_infer</c> in turn, on texts of the same number of tokens, with as many clients as allocations; and with one
/// client more, so that a document always waits: then nothing but the engine is between two forward passes.
/// </summary>
internal static class ServingOverhead
{
    private const int Rounds = 5;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(4);

    /// <summary>The compiler's last tier still took 0.09 ms a request after two seconds.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    public static async Task RunAsync()
    {
        var folder = TestModels.Shared("all-minilm-l6-v2");
        Report.Heading($"all-minilm-l6-v2: raw loop against HTTP `_infer`, {Rounds} rounds of {Round.TotalSeconds} s each, medians of rounds; latencies in ms");
        Report.Columns("tokens", "allocations", "clients", "raw /s", "HTTP /s", "ratio", "raw p50", "HTTP p50", "added p50", "raw p99", "HTTP p99", "added p99");
        foreach (var allocations in new[] { 1, 2 })
        {
            await using var server = await MlServer.StartAsync("--processors", "2");
            await server.Http.CreateFromFolderAsync("minilm", folder);
            await server.Http.StartAsync("minilm", $"wait_for=fully_allocated&timeout=60s&number_of_allocations={allocations}");
            await WarmUpAsync(server);
            foreach (var tokens in new[] { 16, 128 })
            {
                await CompareAsync(server, folder, tokens, allocations, allocations);
                if (allocations == 1)
                    await CompareAsync(server, folder, tokens, allocations, allocations + 1);
            }
        }
    }

    /// <summary>A model that does nothing takes the server's code through its tiers in seconds; at 160 requests a second that takes minutes.</summary>
    private static async Task WarmUpAsync(MlServer server)
    {
        await server.Http.CreateModelAsync("noop", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        await server.Http.StartAsync("noop", "wait_for=started&timeout=60s&priority=low");
        HttpLoad.Run(server.Port, "noop", "w5 w6 w7", 8, TimeSpan.FromSeconds(6));
        await server.Http.StopAsync("noop");
    }

    private static async Task CompareAsync(MlServer server, string folder, int tokens, int allocations, int clients)
    {
        // Two tokens are the marks of beginning and end; "the" is one piece of the vocabulary.
        var text = string.Join(' ', Enumerable.Repeat("the", tokens - 2));
        HttpLoad.Run(server.Port, "minilm", text, clients, WarmUp);
        var pairs = new List<(LoadResult Raw, LoadResult Http)>();
        for (var round = 0; round < Rounds; round++)
        {
            var raw = await RawLoop.RunAsync(Path.Combine(folder, "model.pt"), tokens, allocations, Round);
            pairs.Add((raw, HttpLoad.Run(server.Port, "minilm", text, clients, Round)));
        }

        double Median(Func<(LoadResult Raw, LoadResult Http), double> value) => Report.Median(pairs.Select(value));
        Report.Row(
            tokens, allocations, clients, Median(p => p.Raw.PerSecond), Median(p => p.Http.PerSecond), Median(p => p.Http.PerSecond / p.Raw.PerSecond),
            Median(p => p.Raw.P50Milliseconds), Median(p => p.Http.P50Milliseconds), Median(p => p.Http.P50Milliseconds - p.Raw.P50Milliseconds),
            Median(p => p.Raw.P99Milliseconds), Median(p => p.Http.P99Milliseconds), Median(p => p.Http.P99Milliseconds - p.Raw.P99Milliseconds));
    }
}
