using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

public sealed class CrashTests
{
    // Some 20 forwards of 512 tokens: seconds.
    private static TestRequest LongRequest(long tokenId = 1037) => new(TestRequest.Bert(
        [.. Enumerable.Repeat<IReadOnlyList<long>>([.. Enumerable.Repeat(tokenId, 512)], 20)]));

    private static WorkerSettings AllMiniLm(string deployment) =>
        TestWorkers.Settings(TestModels.Shared("all-minilm-l6-v2", "model.pt")) with { DeploymentId = deployment };

    private static WorkerSettings Tiny(string deployment) => TestWorkers.Settings(TestWorkers.TinyEmbedding) with { DeploymentId = deployment };

    [Fact]
    public async Task FailsRequestsInFlightAtOnce_AndServesAgain_WhenTheProcessIsKilled()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = await workers.StartReadyAsync(AllMiniLm("killed"));
        var request = LongRequest();
        Assert.True(worker.TrySend(request));

        LinuxProcess.Kill(LinuxProcess.WorkerOf("killed"));

        var answer = await request.Answered;
        Assert.Equal(WorkerError.Died, answer.Error);
        Assert.Equal("inference native process died unexpectedly with failure [killed by signal 9 (SIGKILL)]", answer.Reason);
        Assert.Equal("killed by signal 9 (SIGKILL)", (await recorder.NextAsync<Recorder.Crashed>()).Reason);
        await recorder.NextAsync<WorkerReady>();
        Assert.Null((await TestWorkers.InferAsync(worker, 101, 1037, 102)).Error);
    }

    [Fact]
    public async Task GivesUp_AtTheFourthDeath()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = await workers.StartReadyAsync(Tiny("doomed"));
        for (var restart = 0; restart < 3; restart++)
        {
            LinuxProcess.Kill(LinuxProcess.WorkerOf("doomed"));
            await recorder.NextAsync<Recorder.Crashed>();
            await recorder.NextAsync<WorkerReady>();
        }

        LinuxProcess.Kill(LinuxProcess.WorkerOf("doomed"));

        var failed = await recorder.NextAsync<Recorder.Failed>();
        Assert.Equal("inference process crashed due to reason [killed by signal 9 (SIGKILL)]", failed.Reason);
        Assert.False(worker.TrySend(new TestRequest(2, 43, 3)));
    }

    [Fact]
    public async Task RefusesAnInput_ThatWasInFlightInTwoCrashes()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = await workers.StartReadyAsync(AllMiniLm("poisoned"));
        for (var crash = 0; crash < 2; crash++)
        {
            var request = LongRequest();
            Assert.True(worker.TrySend(request));
            LinuxProcess.Kill(LinuxProcess.WorkerOf("poisoned"));
            Assert.Equal(WorkerError.Died, (await request.Answered).Error);
            await recorder.NextAsync<Recorder.Crashed>();
            await recorder.NextAsync<WorkerReady>();
        }

        var refused = await TestWorkers.InferAsync(worker, LongRequest());

        Assert.Equal(WorkerError.Quarantined, refused.Error);
        Assert.Null((await TestWorkers.InferAsync(worker, 101, 1037, 102)).Error);
    }

    [Fact]
    public async Task ReportsMemoryOnRequest_AndNoneWhileNoProcessIsReady()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = workers.Start(Tiny("measured"));
        Assert.Null(await worker.GetMemoryAsync(TestContext.Current.CancellationToken));
        var ready = await recorder.NextAsync<WorkerReady>();

        var memory = await worker.GetMemoryAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(memory);
        Assert.InRange(memory.ResidentBytes, 50L << 20, memory.PeakResidentBytes);
        Assert.InRange(ready.Memory.ResidentBytes, 50L << 20, memory.PeakResidentBytes);
    }
}
