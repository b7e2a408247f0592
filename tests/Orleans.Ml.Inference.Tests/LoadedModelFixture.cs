using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Inference.Tests;

/// <summary>A loaded model with a worker that its test drives.</summary>
internal sealed class LoadedModelFixture : IAsyncDisposable
{
    private LoadedModelFixture(FakeModelSource source, LoadedModel model, FakeWorker worker, TestTime time, TestMeters meters) =>
        (Source, Model, Worker, Time, Meters) = (source, model, worker, time, meters);

    public FakeModelSource Source { get; }

    public WordModel Text => Source.Model;

    public LoadedModel Model { get; }

    public FakeWorker Worker { get; }

    public TestTime Time { get; }

    public TestMeters Meters { get; }

    public static async Task<LoadedModelFixture> StartAsync(int allocations = 1, int queueCapacity = 100, bool answersByItself = false)
    {
        var source = new FakeModelSource();
        var workers = new FakeWorkerFactory { AnswersByItself = answersByItself };
        var time = new TestTime();
        var meters = new TestMeters();
        var metrics = new InferenceMetrics(meters);
        var parameters = Given.Task(queueCapacity: queueCapacity);
        var files = await source.FetchAsync(parameters, CancellationToken.None);
        var model = new LoadedModel(parameters, allocations, files, workers, time, metrics, NullLogger.Instance, () => { });
        metrics.Show(model);
        var worker = await workers.NextAsync();
        await model.StartAsync(CancellationToken.None).Soon();
        return new(source, model, worker, time, meters);
    }

    public Task<InferenceReply> InferAsync(params string[] texts) => Model.InferAsync(Given.Texts(texts), CancellationToken.None).Soon();

    public Task<InferenceReply> InferWithinAsync(TimeSpan timeout, params string[] texts) =>
        Model.InferAsync(Given.Texts(texts) with { Timeout = timeout }, CancellationToken.None).Soon();

    /// <summary>Puts a document into the worker and waits until its slot is free.</summary>
    public async Task<(Task<InferenceReply> Reply, WorkerRequest Request)> RunAsync(string text = "zero")
    {
        var reply = InferAsync(text);
        var request = await Worker.ReceiveAsync();
        await Meters.WaitForSentAsync();
        return (reply, request);
    }

    /// <summary>One inference from beginning to end.</summary>
    public async Task AnswerAsync(double milliseconds = 1)
    {
        var reply = InferAsync("one");
        Worker.Answer(await Worker.ReceiveAsync(), milliseconds);
        Assert.True((await reply).IsOk);
    }

    public async ValueTask DisposeAsync()
    {
        await Model.DisposeAsync();
        Meters.Dispose();
    }
}
