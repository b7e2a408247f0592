using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Worker.Tests;

/// <summary>What the node's end makes of processes that misbehave.</summary>
public sealed class SupervisorTests
{
    private static WorkerOptions Options(TimeSpan? connectLimit = null, TimeSpan? forwardLimit = null, TimeSpan? restartDelay = null) => new()
    {
        Directory = FakeWorker.Folder,
        RestartDelay = restartDelay ?? TimeSpan.Zero,
        ConnectLimit = connectLimit ?? TimeSpan.FromSeconds(30),
        ForwardLimit = forwardLimit ?? TimeSpan.FromSeconds(30),
        StopLimit = TimeSpan.Zero,
    };

    [Theory]
    [InlineData(FakeWorker.DiesAtStart, "exit code 3: what(): no such thing")]
    [InlineData(FakeWorker.DiesBeforeReady, "exit code 3: Unhandled exception. of some kind")]
    public async Task FailsAfterThreeRestarts_WithTheLastWordsOfTheProcess(string model, string reason)
    {
        await using var workers = new TestWorkers(Options());
        var (_, recorder) = workers.Start(TestWorkers.Settings(model));

        for (var restart = 0; restart < 3; restart++)
            Assert.Equal(reason, (await recorder.NextAsync<Recorder.Crashed>()).Reason);

        Assert.Equal($"inference process crashed due to reason [{reason}]", (await recorder.NextAsync<Recorder.Failed>()).Reason);
    }

    [Theory]
    [InlineData(FakeWorker.ConnectsNever)]
    [InlineData(FakeWorker.ConnectsOnce)]
    public async Task CountsAsCrash_WhenTheProcessDoesNotConnectInTime(string model)
    {
        await using var workers = new TestWorkers(Options(connectLimit: TimeSpan.FromSeconds(1)));
        var (_, recorder) = workers.Start(TestWorkers.Settings(model));

        Assert.Equal("it did not connect within [1s]", (await recorder.NextAsync<Recorder.Crashed>()).Reason);
    }

    [Fact]
    public async Task FailsWithoutRestart_WhenTheModelCannotBeLoaded()
    {
        await using var workers = new TestWorkers(Options());
        var (worker, recorder) = workers.Start(TestWorkers.Settings(FakeWorker.Refuses));

        Assert.Equal("not a model", (await recorder.NextAsync<Recorder.Failed>()).Reason);
        Assert.False(worker.TrySend(new TestRequest(1)));
    }

    [Fact]
    public async Task FailsWithoutRestart_AndNamesThePath_WhenTheWorkerIsNotThere()
    {
        await using var workers = new TestWorkers(new() { Directory = "/no/such/folder" });
        var (_, recorder) = workers.Start(TestWorkers.Settings(FakeWorker.Refuses));

        Assert.Equal("the worker is not there: [/no/such/folder/Orleans.Ml.Worker]", (await recorder.NextAsync<Recorder.Failed>()).Reason);
    }

    [Fact]
    public async Task KillsTheProcess_WhenItSendsGarbage()
    {
        await using var workers = new TestWorkers(Options());
        var (worker, recorder) = await workers.StartReadyAsync(TestWorkers.Settings(FakeWorker.SendsGarbage));

        var answer = await TestWorkers.InferAsync(worker, 1, 2, 3);

        Assert.Equal(WorkerError.Died, answer.Error);
        Assert.Contains("malformed reply frame", (await recorder.NextAsync<Recorder.Crashed>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KillsTheProcess_WhenItSendsGarbageOnTheControlConnection()
    {
        await using var workers = new TestWorkers(Options());
        var (_, recorder) = await workers.StartReadyAsync(TestWorkers.Settings(FakeWorker.SendsGarbageControl));

        Assert.Contains("malformed control frame", (await recorder.NextAsync<Recorder.Crashed>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KillsTheProcess_WhenARequestRunsPastTheLimit_AndSuspectsOnlyThatRequest()
    {
        var time = new FakeTimeProvider();
        await using var workers = new TestWorkers(Options(forwardLimit: TimeSpan.FromSeconds(2)), time);
        var (worker, recorder) = await workers.StartReadyAsync(TestWorkers.Settings(FakeWorker.NeverAnswers));
        for (var crash = 0; crash < 2; crash++)
        {
            var poison = new TestRequest(6, 6, 6);
            Assert.True(worker.TrySend(poison));
            time.Advance(TimeSpan.FromSeconds(1));
            var neighbour = new TestRequest(1, 2, 3);
            Assert.True(worker.TrySend(neighbour));
            time.Advance(TimeSpan.FromSeconds(1));

            Assert.Equal(WorkerError.Died, (await poison.Answered).Error);
            Assert.Equal(WorkerError.Died, (await neighbour.Answered).Error);
            Assert.Equal("a request ran longer than [2s]", (await recorder.NextAsync<Recorder.Crashed>()).Reason);
            await recorder.NextAsync<WorkerReady>();
        }

        Assert.Equal(WorkerError.Quarantined, (await TestWorkers.InferAsync(worker, 6, 6, 6)).Error);
        var innocent = new TestRequest(1, 2, 3);
        Assert.True(worker.TrySend(innocent));
        await worker.DisposeAsync();
        Assert.NotEqual(WorkerError.Quarantined, (await innocent.Answered).Error);
    }

    [Fact]
    public async Task ForgetsCrashes_OnceAProcessHasLivedForADay()
    {
        var time = new FakeTimeProvider();
        await using var workers = new TestWorkers(Options(), time);
        var (_, recorder) = await workers.StartReadyAsync(TestWorkers.Settings(FakeWorker.NeverAnswers) with { DeploymentId = "old" });

        for (var crash = 0; crash < 5; crash++)
        {
            time.Advance(TimeSpan.FromHours(25));
            LinuxProcess.Kill(LinuxProcess.WorkerOf("old"));
            await recorder.NextAsync<Recorder.Crashed>();
            await recorder.NextAsync<WorkerReady>();
        }
    }

    [Fact]
    public async Task WaitsLongerBeforeEachRestart()
    {
        var time = new RecordingTimeProvider();
        await using var workers = new TestWorkers(Options(restartDelay: TimeSpan.FromSeconds(11)), time);
        var (_, recorder) = workers.Start(TestWorkers.Settings(FakeWorker.DiesAtStart));

        foreach (var seconds in new[] { 11, 22, 44 })
        {
            await recorder.NextAsync<Recorder.Crashed>();
            Assert.Contains(TimeSpan.FromSeconds(seconds), time.Waits);
            time.Advance(TimeSpan.FromSeconds(seconds));
        }
        await recorder.NextAsync<Recorder.Failed>();
    }

    [Theory]
    [InlineData(FakeWorker.ConnectsNever)]
    [InlineData(FakeWorker.ConnectsOnce)]
    [InlineData(FakeWorker.DiesAtStart)]
    [InlineData(FakeWorker.NeverAnswers)]
    public async Task EndsAtOnceAndSaysNothing_WhenItIsStoppedWhileItStarts(string model)
    {
        await using var workers = new TestWorkers(Options(restartDelay: TimeSpan.FromMinutes(1)));
        var (worker, recorder) = workers.Start(TestWorkers.Settings(model) with { DeploymentId = $"stopped{model}" });
        if (model == FakeWorker.DiesAtStart)
            await recorder.NextAsync<Recorder.Crashed>();

        await worker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.False(recorder.HasMore);
        Assert.False(LinuxProcess.HasWorker($"stopped{model}"));
    }

    [Fact]
    public async Task RefusesAnInputOfOtherTensors_AndTheProcessLives()
    {
        await using var workers = new TestWorkers(Options());
        var (worker, recorder) = await workers.StartReadyAsync(TestWorkers.Settings(FakeWorker.NeverAnswers));

        var answer = await TestWorkers.InferAsync(worker, new TestRequest(new Nlp.ModelInput(1, 3, arguments: 2)));

        Assert.Equal(WorkerError.Model, answer.Error);
        Assert.Equal("the input has [2] tensors, the model was started for [4]", answer.Reason);
        Assert.False(recorder.HasMore);
    }

    private sealed class RecordingTimeProvider : FakeTimeProvider
    {
        public ConcurrentBag<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
