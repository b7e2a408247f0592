using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Models;

namespace Orleans.Ml.Inference.Tests;

public sealed class LoadedModelTests
{
    [Fact]
    public async Task AnswersInDocumentOrder_WhenTheWorkerFinishesInAnotherOrder()
    {
        await using var model = await LoadedModelFixture.StartAsync(allocations: 2);

        var reply = model.InferAsync("one", "two three");
        var first = await model.Worker.ReceiveAsync();
        var second = await model.Worker.ReceiveAsync();
        model.Worker.Answer(second);
        model.Worker.Answer(first);

        var results = (await reply).Results;
        Assert.Equal([model.Text.IdsOf("one"), model.Text.IdsOf("two three")], results.Select(Given.Values));
    }

    [Fact]
    public async Task NamesTheResultsFieldOfTheRequest_WhenItOverridesTheModels()
    {
        await using var model = await LoadedModelFixture.StartAsync(answersByItself: true);

        var input = Given.Texts("one") with { Update = new PassThroughUpdate(null, "mine") };
        var reply = await model.Model.InferAsync(input, CancellationToken.None).Soon();

        Assert.Equal("mine", reply.ResultsField);
    }

    [Fact]
    public async Task SendsFirstComeFirst_WhenSeveralWait()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        string[] texts = ["one", "two", "three", "four", "five"];
        var replies = texts.Select(t => model.InferAsync(t)).ToArray();

        foreach (var text in texts)
        {
            var request = await model.Worker.ReceiveAsync();
            Assert.Equal(model.Text.IdsOf(text)[0], request.Input.Values[0]);
            model.Worker.Answer(request);
        }

        Assert.All(await Task.WhenAll(replies), reply => Assert.True(reply.IsOk));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task KeepsAsManyInTheWorkerAsThereAreAllocations_WhenMoreWait(int allocations)
    {
        await using var model = await LoadedModelFixture.StartAsync(allocations);
        var replies = Enumerable.Range(0, 20).Select(_ => model.InferAsync("one")).ToArray();

        for (var i = 0; i < replies.Length; i++)
            model.Worker.Answer(await model.Worker.ReceiveAsync());

        await Task.WhenAll(replies);
        Assert.Equal(allocations, model.Worker.PeakInFlight);
    }

    [Fact]
    public async Task PreparesOnlyOneAheadPerAllocation_WhenTheWorkerIsBusy()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var second = new TaskCompletionSource();
        model.Text.BeforePrepare = text => (text == "two" ? second : null)?.TrySetResult();
        var (_, request) = await model.RunAsync("one");
        foreach (var text in new[] { "two", "three", "four" })
            _ = model.InferAsync(text);
        await second.Task.Soon();

        model.Worker.Answer(request);
        await model.Worker.ReceiveAsync();

        Assert.DoesNotContain("four", model.Text.PreparedTexts);
    }

    [Fact]
    public async Task ContinuesCallersElsewhere_WhenTheAnswerComesOnTheReadersThread()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (reply, request) = await model.RunAsync();
        var continuedOn = reply.ContinueWith(
            _ => Environment.CurrentManagedThreadId, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var reader = 0;
        var answering = new Thread(() =>
        {
            reader = Environment.CurrentManagedThreadId;
            model.Worker.Answer(request);
        });
        answering.Start();
        await reply;
        answering.Join(Given.Patience);

        Assert.NotEqual(reader, await continuedOn.Soon());
    }

    [Fact]
    public async Task KeepsTextWorkOffTheCallersThreadAndThePool_WhenTheModelIsIdle()
    {
        await using var model = await LoadedModelFixture.StartAsync(answersByItself: true);
        var preparedOn = 0;
        model.Text.BeforePrepare = _ => preparedOn = Environment.CurrentManagedThreadId;
        var isPoolThread = true;
        model.Text.BeforeInterpret = _ => isPoolThread = Thread.CurrentThread.IsThreadPoolThread;

        await model.InferAsync("one");

        Assert.NotEqual(Environment.CurrentManagedThreadId, preparedOn);
        Assert.False(isPoolThread);
    }

    [Fact]
    public async Task RefusesTheRequest_WhenItIsForAnotherTask()
    {
        await using var model = await LoadedModelFixture.StartAsync();

        var input = Given.Texts("one") with { Update = new NerUpdate(null, null) };
        var reply = await model.Model.InferAsync(input, CancellationToken.None).Soon();

        Assert.Equal((InferenceStatus.Failed, MlErrorKind.Forbidden), (reply.Status, reply.ErrorKind));
        Assert.Equal(0, model.Model.Queue.Depth);
    }

    [Fact]
    public async Task RefusesTheDocumentAndServesTheNext_WhenItsTextDoesNotFit()
    {
        await using var model = await LoadedModelFixture.StartAsync(answersByItself: true);

        var bad = model.InferAsync("nonsense");
        var good = model.InferAsync("one");

        Assert.Equal(MlErrorKind.BadRequest, (await bad).ErrorKind);
        Assert.Contains("[nonsense]", (await bad).Reason, StringComparison.Ordinal);
        Assert.True((await good).IsOk);
        Assert.Equal(0, model.Model.Queue.Depth);
    }

    [Fact]
    public async Task LivesOn_WhenTextWorkBreaksBeforeOrAfterTheModel()
    {
        await using var model = await LoadedModelFixture.StartAsync(answersByItself: true);
        model.Text.BeforePrepare = text => Break(text == "one");
        model.Text.BeforeInterpret = text => Break(text == "two");

        var replies = await Task.WhenAll(model.InferAsync("one"), model.InferAsync("two"), model.InferAsync("three"));

        Assert.Equal([MlErrorKind.ServerError, MlErrorKind.ServerError], replies[..2].Select(r => r.ErrorKind));
        Assert.True(replies[2].IsOk);

        static void Break(bool condition)
        {
            if (condition)
                throw new InvalidOperationException("broken");
        }
    }

    [Fact]
    public async Task Fails_WhenTheOutputIsNotWhatTheTaskPromises()
    {
        await using var model = await LoadedModelFixture.StartAsync(answersByItself: true);
        model.Text.BeforeInterpret = _ => throw new MlException(MlErrorKind.ModelFailed, "expected [9] columns, the model gave [1]");

        var reply = await model.InferAsync("one");

        Assert.Equal((MlErrorKind.ModelFailed, "expected [9] columns, the model gave [1]"), (reply.ErrorKind, reply.Reason));
        Assert.Equal(1, model.Model.ReadStatistics().ErrorCount);
    }

    [Theory]
    [InlineData(WorkerError.Model, InferenceStatus.Failed, "Error in inference process: [why]")]
    [InlineData(WorkerError.Died, InferenceStatus.Failed, "why")]
    [InlineData(WorkerError.Quarantined, InferenceStatus.Failed, "why")]
    // Nobody's fault: another node may do it.
    [InlineData(WorkerError.Stopping, InferenceStatus.NotAllocatedHere, "why")]
    internal async Task TellsWhatHappened_WhenTheWorkerHasNoAnswer(WorkerError error, InferenceStatus status, string reason)
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var (reply, request) = await model.RunAsync();

        model.Worker.Fail(request, error, "why");

        Assert.Equal((status, MlErrorKind.ModelFailed, reason), ((await reply).Status, (await reply).ErrorKind, (await reply).Reason));
        Assert.Equal(1, model.Model.ReadStatistics().ErrorCount);
    }

    [Fact]
    public async Task GivesTheFirstErrorInDocumentOrder_WhenALaterDocumentFailsFirst()
    {
        await using var model = await LoadedModelFixture.StartAsync(allocations: 3);
        var reply = model.InferAsync("one", "two", "three");
        var requests = new[] { await model.Worker.ReceiveAsync(), await model.Worker.ReceiveAsync(), await model.Worker.ReceiveAsync() };

        model.Worker.Fail(requests[2], WorkerError.Model, "third");
        model.Worker.Fail(requests[1], WorkerError.Model, "second");
        Assert.False(reply.IsCompleted);
        model.Worker.Answer(requests[0]);

        Assert.Contains("[second]", (await reply).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesTheCallsOtherDocumentsOutOfTheQueue_WhenOneFails()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        var reply = model.InferAsync("one", "two", "three", "four");
        var request = await model.Worker.ReceiveAsync();
        var next = model.InferAsync("nine");

        model.Worker.Fail(request, WorkerError.Model, "why");

        Assert.Equal(InferenceStatus.Failed, (await reply).Status);
        var following = await model.Worker.ReceiveAsync();
        Assert.Equal(model.Text.IdsOf("nine")[0], following.Input.Values[0]);
        model.Worker.Answer(following);
        Assert.True((await next).IsOk);
        Assert.Equal(0, model.Model.Queue.Depth);
    }

    [Fact]
    public async Task AsksForADocument_WhenThereIsNone()
    {
        await using var model = await LoadedModelFixture.StartAsync();

        Assert.Equal(MlErrorKind.RequestValidation, (await model.InferAsync()).ErrorKind);
    }
}
