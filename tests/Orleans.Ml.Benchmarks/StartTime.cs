using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>From <c>_start</c> to its answer with <c>wait_for=started</c>.</summary>
internal static class StartTime
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        await using var server = await MlServer.StartAsync();
        Report.Heading($"From `_start` to started, {Rounds} rounds, seconds");
        Report.Columns("model", "bytes", "median", "least", "most");
        foreach (var folder in new[] { TestModels.Sample("tiny-language"), TestModels.Sample("tiny-ner"), TestModels.Shared("all-minilm-l6-v2") })
        {
            var id = Path.GetFileName(folder);
            await server.Http.CreateFromFolderAsync(id, folder);
            var seconds = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                await server.Http.StartAsync(id, "wait_for=started&timeout=60s");
                seconds.Add(clock.Elapsed.TotalSeconds);
                await server.Http.StopAsync(id);
            }

            Report.Row(id, new FileInfo(Path.Combine(folder, "model.pt")).Length, Report.Median(seconds), seconds.Min(), seconds.Max());
        }
    }
}
