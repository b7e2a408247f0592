using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

public sealed class AllocationTests
{
    private static readonly long[] Short = [101, 1037, 102];

    private static TestRequest LongRequest() => new(TestRequest.Bert(
        [.. Enumerable.Repeat<IReadOnlyList<long>>([.. Enumerable.Repeat(1037L, 256)], 8)]));

    private static WorkerSettings AllMiniLm(int allocations) => TestWorkers.Settings(TestModels.Shared("all-minilm-l6-v2", "model.pt"), allocations);

    [Fact]
    public async Task RunsMoreAtATime_WhenAllocationsAreAdded_AndFewerWhenTheyAreParked()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = await workers.StartReadyAsync(AllMiniLm(allocations: 1));

        Assert.False(await OvertakesAsync(worker));

        Assert.Equal(2, await worker.SetAllocationsAsync(2, TestContext.Current.CancellationToken));
        Assert.True(await OvertakesAsync(worker));

        Assert.Equal(1, await worker.SetAllocationsAsync(1, TestContext.Current.CancellationToken));
        // The parked one may have been reading already; it takes one more request at most.
        await TestWorkers.InferAsync(worker, Short);
        await TestWorkers.InferAsync(worker, Short);
        Assert.False(await OvertakesAsync(worker));

        Assert.Equal(2, await worker.SetAllocationsAsync(2, TestContext.Current.CancellationToken));
        Assert.True(await OvertakesAsync(worker));
        Assert.False(recorder.HasMore);
    }

    [Fact]
    public async Task StartsWithTheNumberThatWasSetMeanwhile_WhenItIsSetWhileTheModelLoads()
    {
        await using var workers = new TestWorkers();
        var (worker, recorder) = workers.Start(TestWorkers.Settings(TestWorkers.TinyEmbedding));

        Assert.Equal(3, await worker.SetAllocationsAsync(3, TestContext.Current.CancellationToken));

        Assert.Equal(3, (await recorder.NextAsync<WorkerReady>()).Allocations);
    }

    [Fact]
    public async Task SharesOneCopyOfTheWeights_HoweverManyAllocationsRun()
    {
        await using var workers = new TestWorkers();
        var resident = new Dictionary<int, long>();
        foreach (var allocations in new[] { 1, 2, 8 })
        {
            var (worker, _) = await workers.StartReadyAsync(AllMiniLm(allocations));
            var requests = Enumerable.Range(0, 4 * allocations).Select(_ => new TestRequest([.. Enumerable.Repeat(1037L, 128)])).ToList();
            Assert.All(requests, request => Assert.True(worker.TrySend(request)));
            await Task.WhenAll(requests.Select(request => request.Answered));
            resident[allocations] = (await worker.GetMemoryAsync(TestContext.Current.CancellationToken))!.ResidentBytes;
            await worker.DisposeAsync();
        }

        foreach (var (allocations, bytes) in resident)
            TestContext.Current.TestOutputHelper!.WriteLine($"{allocations} allocations: {bytes >> 20} MB resident");
        Assert.InRange(resident[8] - resident[1], 0, 90L << 20);
    }

    [Fact]
    public async Task RunsAtNice15_WhenThePriorityIsLow()
    {
        await using var workers = new TestWorkers();
        await workers.StartReadyAsync(TestWorkers.Settings(TestWorkers.TinyEmbedding) with { DeploymentId = "low", IsLowPriority = true });

        var task = Directory.GetDirectories($"/proc/{LinuxProcess.WorkerOf("low")}/task")
            .Single(task => File.ReadAllText(Path.Combine(task, "comm")).TrimEnd() == "allocation 0");

        // Field 19 of stat; the name in field 2 has a space.
        Assert.Equal("15", File.ReadAllText(Path.Combine(task, "stat")).Split(')')[1].Trim().Split(' ')[16]);
    }

    /// <summary>Whether a short request that is sent after a long one is answered before it.</summary>
    private static async Task<bool> OvertakesAsync(IModelWorker worker)
    {
        var slow = LongRequest();
        var fast = new TestRequest(Short);
        Assert.True(worker.TrySend(slow));
        Assert.True(worker.TrySend(fast));
        var (slowAnswered, fastAnswered) = (slow.Answered, fast.Answered);
        var isFirst = await Task.WhenAny(slowAnswered, fastAnswered) == fastAnswered;
        Assert.Null((await slowAnswered).Error);
        Assert.Null((await fastAnswered).Error);
        return isFirst;
    }
}
