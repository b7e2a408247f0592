namespace Orleans.Ml.Inference.Tests;

/// <summary>Slots, deadlines and callers who go away.</summary>
public sealed class LoadedModelQueueTests
{
    [Fact]
    public async Task CountsWaitingDocumentsOnly_WhenOneIsInTheWorker()
    {
        await using var model = await LoadedModelFixture.StartAsync(queueCapacity: 1);
        await model.RunAsync();

        var waiting = model.InferAsync("one");
        var refused = await model.InferAsync("two");

        Assert.False(waiting.IsCompleted);
        Assert.Equal(InferenceStatus.Rejected, refused.Status);
    }

    [Fact]
    public async Task RejectsAtOnceWithoutTextWork_WhenTheQueueIsFull()
    {
        await using var model = await LoadedModelFixture.StartAsync(queueCapacity: 1);
        await model.RunAsync();
        _ = model.InferAsync("one");

        var refused = model.Model.InferAsync(Given.Texts("two"), CancellationToken.None);

        Assert.True(refused.IsCompletedSuccessfully);
        var reply = await refused;
        Assert.Equal((InferenceStatus.Rejected, MlErrorKind.QueueFull, 1), (reply.Status, reply.ErrorKind, reply.QueueDepth));
        Assert.Contains("inference process queue is full", reply.Reason, StringComparison.Ordinal);
        Assert.Contains("[d]", reply.Reason, StringComparison.Ordinal);
        Assert.Contains("[1]", reply.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("two", model.Text.PreparedTexts);
        Assert.Equal(1, model.Model.ReadStatistics().RejectedCount);
        Assert.Equal([1d], model.Meters.Recorded("ml.inference.queue.rejections"));
    }

    [Fact]
    public async Task TakesAllSlotsOrNone_WhenACallHasSeveralDocuments()
    {
        await using var model = await LoadedModelFixture.StartAsync(queueCapacity: 3);
        await model.RunAsync();
        _ = model.InferAsync("one", "two");

        var refused = await model.InferAsync("three", "four");

        Assert.Equal(InferenceStatus.Rejected, refused.Status);
        Assert.Contains("no room for [2] documents", refused.Reason, StringComparison.Ordinal);
        Assert.EndsWith("has [2] waiting on this node, its queue capacity is [3]", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(2, model.Model.Queue.Depth);
        Assert.Equal(2, model.Model.ReadStatistics().RejectedCount);
    }

    [Fact]
    public async Task LeavesTheQueueAndNeverRuns_WhenTheDeadlinePassesWhileWaiting()
    {
        await using var model = await LoadedModelFixture.StartAsync(queueCapacity: 2);
        var (running, request) = await model.RunAsync("one");
        var late = model.InferWithinAsync(TimeSpan.FromSeconds(3), "two");
        var patient = model.InferAsync("three");

        model.Time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(InferenceStatus.TimedOut, (await late).Status);
        Assert.Equal("timeout [3s] waiting for inference result", (await late).Reason);
        Assert.Equal(1, model.Model.Queue.Depth);
        model.Worker.Answer(request);
        var next = await model.Worker.ReceiveAsync();
        Assert.Equal(model.Text.IdsOf("three")[0], next.Input.Values[0]);
        model.Worker.Answer(next);
        Assert.True((await running).IsOk && (await patient).IsOk);
        Assert.Equal((2, 1), (model.Model.ReadStatistics().InferenceCount, model.Model.ReadStatistics().TimeoutCount));
    }

    [Fact]
    public async Task DropsTheLateResult_WhenTheDeadlinePassesInTheWorker()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var late = model.InferWithinAsync(TimeSpan.FromSeconds(3), "one");
        var request = await model.Worker.ReceiveAsync();

        model.Time.Advance(TimeSpan.FromSeconds(3));
        var reply = await late;
        model.Worker.Answer(request);

        Assert.Equal(InferenceStatus.TimedOut, reply.Status);
        var statistics = model.Model.ReadStatistics();
        Assert.Equal((0, 1, 0), (statistics.InferenceCount, statistics.TimeoutCount, statistics.PendingRequests));
    }

    [Fact]
    public async Task LeavesThePlaceInTheWorkerTaken_WhenTheDeadlinePassesThere()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var late = model.InferWithinAsync(TimeSpan.FromSeconds(3), "one");
        var request = await model.Worker.ReceiveAsync();
        model.Time.Advance(TimeSpan.FromSeconds(3));
        await late;

        var next = model.InferAsync("two");
        Assert.Equal(1, model.Model.Queue.InFlight);
        model.Worker.Answer(request);
        model.Worker.Answer(await model.Worker.ReceiveAsync());

        Assert.True((await next).IsOk);
        Assert.Equal(1, model.Worker.PeakInFlight);
    }

    [Fact]
    public async Task LeavesTheQueueAndNeverRuns_WhenTheCallerGoesAway()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (_, request) = await model.RunAsync("one");
        using var caller = new CancellationTokenSource();
        var gone = model.Model.InferAsync(Given.Texts("two", "three"), caller.Token).Soon();

        await caller.CancelAsync();

        Assert.Equal((InferenceStatus.Failed, MlErrorKind.BadRequest), ((await gone).Status, (await gone).ErrorKind));
        Assert.Equal(0, model.Model.Queue.Depth);
        model.Worker.Answer(request);
        Assert.False(model.Worker.HasUnreceived);
        Assert.Equal(2, model.Model.ReadStatistics().TimeoutCount);
    }

    [Fact]
    public async Task TakesNoSlot_WhenTheTimeIsOverOrTheCallerGoneAlready()
    {
        await using var model = await LoadedModelFixture.StartAsync();

        var late = await model.InferWithinAsync(TimeSpan.Zero, "one");
        var gone = await model.Model.InferAsync(Given.Texts("one"), new(canceled: true)).Soon();

        Assert.Equal(InferenceStatus.TimedOut, late.Status);
        Assert.Equal(MlErrorKind.BadRequest, gone.ErrorKind);
        Assert.Empty(model.Text.PreparedTexts);
    }

    [Fact]
    public async Task IsNotSent_WhenTheDeadlinePassesDuringTextWork()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var isPreparing = new TaskCompletionSource();
        using var goOn = new ManualResetEventSlim();
        var longText = string.Join(' ', Enumerable.Repeat("one", 300));
        model.Text.BeforePrepare = text =>
        {
            if (text != longText)
                return;
            isPreparing.SetResult();
            goOn.Wait(Given.Patience, CancellationToken.None);
        };
        var late = model.InferWithinAsync(TimeSpan.FromSeconds(3), longText);
        await isPreparing.Task.Soon();

        model.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(InferenceStatus.TimedOut, (await late).Status);
        Assert.Equal(0, model.Model.Queue.Depth);
        goOn.Set();
        var next = model.InferAsync("two");

        var request = await model.Worker.ReceiveAsync();
        Assert.Equal(model.Text.IdsOf("two")[0], request.Input.Values[0]);
        model.Worker.Answer(request);
        Assert.True((await next).IsOk);
    }

    [Fact]
    public async Task TellsHowManyWait_WhenItAnswers()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (reply, request) = await model.RunAsync();
        _ = model.InferAsync("one", "two", "three");
        model.Time.Advance(TimeSpan.Zero);

        model.Worker.Answer(request);

        Assert.InRange((await reply).QueueDepth, 2, 3);
    }

    [Fact]
    public async Task ShowsDepthCapacityAndPlaces_WhenMetersAreRead()
    {
        await using var model = await LoadedModelFixture.StartAsync(queueCapacity: 5);
        await model.RunAsync();
        _ = model.InferAsync("one", "two");

        Assert.Equal(
            [2d, 5d, 1d, 1d],
            new[] { "ml.inference.queue.depth", "ml.inference.queue.capacity", "ml.inference.in_flight", "ml.inference.allocations" }.Select(model.Meters.Shown));
    }

    [Fact]
    public async Task ServesWhatWaited_WhenTheWorkerIsStartedAgain()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (running, _) = await model.RunAsync("one");
        var waiting = new[] { model.InferAsync("two"), model.InferAsync("three") };

        model.Worker.Crash("signal 11");
        var reply = await running;
        Assert.False(waiting[0].IsCompleted);
        model.Worker.Ready();
        foreach (var text in new[] { "two", "three" })
        {
            var request = await model.Worker.ReceiveAsync();
            Assert.Equal(model.Text.IdsOf(text)[0], request.Input.Values[0]);
            model.Worker.Answer(request);
        }

        Assert.Equal("inference native process died unexpectedly with failure [signal 11]", reply.Reason);
        Assert.All(await Task.WhenAll(waiting), r => Assert.True(r.IsOk));
    }

    [Fact]
    public async Task LeavesAtTheDeadline_WhenTheWorkerIsNotThereAgainInTime()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        model.Worker.Crash("signal 11");
        var waiting = model.InferWithinAsync(TimeSpan.FromSeconds(3), "one");

        model.Time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(InferenceStatus.TimedOut, (await waiting).Status);
        Assert.Equal(0, model.Model.Queue.Depth);
    }

    [Fact]
    public async Task FailsWhatWaitsAndWhatComes_WhenTheWorkerIsGivenUp()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.RunAsync("one");
        var waiting = model.InferAsync("two");

        model.Worker.GiveUp("inference process crashed due to reason [signal 11]");

        foreach (var reply in new[] { await waiting, await model.InferAsync("three") })
            Assert.Equal((MlErrorKind.ModelFailed, "inference process crashed due to reason [signal 11]"), (reply.ErrorKind, reply.Reason));
        Assert.Equal(0, model.Model.Queue.Depth);
    }

    [Fact]
    public async Task FillsNewPlaces_WhenAllocationsGrow()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        _ = model.InferAsync("one", "two", "three");
        await model.Worker.ReceiveAsync();

        await model.Model.SetAllocationsAsync(3, CancellationToken.None);

        await model.Worker.ReceiveAsync();
        await model.Worker.ReceiveAsync();
        Assert.Equal(3, model.Model.Queue.InFlight);
    }

    [Fact]
    public async Task AnswersEverything_WhenItIsClosed()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (running, _) = await model.RunAsync("one");
        var waiting = model.InferAsync("two", "three");

        await model.Model.DisposeAsync();

        Assert.Equal("inference canceled as process is stopping", (await running).Reason);
        Assert.Equal(MlErrorKind.Conflict, (await waiting).ErrorKind);
        Assert.Equal(MlErrorKind.Conflict, (await model.InferAsync("four")).ErrorKind);
        Assert.Equal((0, 0, 0), (model.Model.Queue.Depth, model.Model.Queue.InFlight, model.Source.Copies));
    }
}
