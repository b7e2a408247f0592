using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Worker.Tests;

/// <summary>Counts what the test process has open, so no other test runs meanwhile.</summary>
[Collection(nameof(LeftoverTests))]
public sealed class LeftoverTests
{
    [Fact]
    public async Task LeavesNothingBehind_AfterManyStartsAndStops()
    {
        await using var workers = new TestWorkers();
        await CycleAsync(0);
        var (files, threads) = (LinuxProcess.OpenFiles, LinuxProcess.Threads);

        for (var cycle = 1; cycle <= 20; cycle++)
            await CycleAsync(cycle);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"open files {files} -> {LinuxProcess.OpenFiles}, threads {threads} -> {LinuxProcess.Threads}");
        Assert.False(LinuxProcess.HasWorker("cycle-"));
        // The pool's own threads come and go; one file or thread left per cycle would be twenty.
        Assert.InRange(LinuxProcess.OpenFiles, 0, files + 5);
        Assert.InRange(LinuxProcess.Threads, 0, threads + 10);

        // Stopped while it starts, while it loads, while it serves.
        async Task CycleAsync(int cycle)
        {
            var settings = TestWorkers.Settings(TestWorkers.TinyEmbedding) with { DeploymentId = $"cycle-{cycle}" };
            var (worker, recorder) = workers.Start(settings);
            if (cycle % 4 != 1)
            {
                await recorder.NextAsync<WorkerReady>();
                Assert.Null((await TestWorkers.InferAsync(worker, 2, 43, 3)).Error);
            }
            await worker.DisposeAsync();
        }
    }
}

/// <summary>No other test runs beside it.</summary>
[CollectionDefinition(nameof(LeftoverTests), DisableParallelization = true)]
public sealed class RunsAlone;
