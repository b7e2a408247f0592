using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

public sealed class StopTests
{
    private static TestRequest LongRequest(int rows) => new(TestRequest.Bert(
        [.. Enumerable.Repeat<IReadOnlyList<long>>([.. Enumerable.Repeat(1037L, 256)], rows)]));

    private static WorkerSettings AllMiniLm => TestWorkers.Settings(TestModels.Shared("all-minilm-l6-v2", "model.pt"));

    [Fact]
    public async Task LetsARunningRequestFinish()
    {
        await using var workers = new TestWorkers(new() { StopLimit = TimeSpan.FromSeconds(10) });
        var (worker, recorder) = await workers.StartReadyAsync(AllMiniLm);
        var request = LongRequest(rows: 4);
        Assert.True(worker.TrySend(request));

        await worker.DisposeAsync();

        Assert.Null((await request.Answered).Error);
        Assert.False(worker.TrySend(new TestRequest(101, 102)));
        Assert.False(recorder.HasMore);
    }

    [Fact]
    public async Task CancelsARunningRequest_WhenItTakesLongerThanTheLimit()
    {
        await using var workers = new TestWorkers();
        var (worker, _) = await workers.StartReadyAsync(AllMiniLm);
        var request = LongRequest(rows: 60);
        Assert.True(worker.TrySend(request));

        await worker.DisposeAsync();

        var answer = await request.Answered;
        Assert.Equal(WorkerError.Stopping, answer.Error);
        Assert.Equal("inference canceled as process is stopping", answer.Reason);
    }
}
