using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

public sealed class CycleTests
{
    /// <summary>20 cycles, 200 with <c>./test --full</c>.</summary>
    [Fact]
    public async Task NothingIsLeftBehind_AfterManyStartInferStopCycles()
    {
        var cycles = FullRun.IsOn ? 200 : 20;
        await using var server = await MlServer.StartAsync();
        await server.Http.CreateFromFolderAsync("m", TestModels.Sample("tiny-language"));
        for (var warmUp = 0; warmUp < 3; warmUp++)
            await CycleAsync(server);
        var before = Count(server);

        for (var cycle = 0; cycle < cycles; cycle++)
            await CycleAsync(server);

        var after = Count(server);
        Measured.Print($"{cycles} start/infer/stop cycles: before {before}, after {after}");
        Assert.Empty(server.WorkerProcesses());
        Assert.Equal(before.Files, after.Files);
        Assert.InRange(after.OpenFiles, 0, before.OpenFiles + 10);
        Assert.InRange(after.Threads, 0, before.Threads + 10);
        Assert.Equal(0, after.Children);
        Assert.Null((await server.Http.GetJsonAsync("/_ml/trained_models/m/_stats")).Body["trained_model_stats"]![0]!["deployment_stats"]);
    }

    private static async Task CycleAsync(MlServer server)
    {
        await server.Http.StartAsync("m");
        await server.Http.InferAsync("m", "Wo ist der Bahnhof?");
        await server.Http.StopAsync("m");
    }

    private static Counts Count(MlServer server) => new(
        ProcFs.OpenFiles(server.ProcessId),
        ProcFs.Threads(server.ProcessId),
        ProcFs.ChildrenOf(server.ProcessId).Count(),
        Directory.GetFiles(server.Data, "*", SearchOption.AllDirectories).Length,
        ProcFs.ResidentBytes(server.ProcessId) >> 20);

    private sealed record Counts(int OpenFiles, int Threads, int Children, int Files, long ResidentMegabytes);
}
