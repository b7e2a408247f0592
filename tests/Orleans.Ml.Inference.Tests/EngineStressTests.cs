using Orleans.Ml.Deployments;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference.Tests;

/// <summary>What must hold whatever happens at the same time. The seed of a run is in its message.</summary>
public sealed class EngineStressTests
{
    [Fact]
    public async Task CompletesEveryCallOnceAndLeaksNoSlot_WhenCallersAndWorkerMisbehave()
    {
        var seed = Environment.TickCount;
        await using var model = await LoadedModelFixture.StartAsync(allocations: 3, queueCapacity: 16);
        using var over = new CancellationTokenSource();
        var worker = new Thread(() => Misbehave(model, new Random(seed), over.Token)) { IsBackground = true };
        worker.Start();

        var outcomes = (await Callers(8, caller => CallAsync(model, new Random(seed + caller), 1500))).SelectMany(o => o).ToArray();
        await over.CancelAsync();
        worker.Join(Given.Patience);

        Assert.True(outcomes.Length == 8 * 1500, $"seed {seed}");
        foreach (var status in new[] { InferenceStatus.Ok, InferenceStatus.Rejected, InferenceStatus.TimedOut, InferenceStatus.Failed })
            Assert.True(outcomes.Contains(status), $"no call was {status}, seed {seed}");
        Assert.True(model.Model.Queue.Depth == 0, $"{model.Model.Queue.Depth} slots are left, seed {seed}");

        // The places are as good as new.
        while (model.Worker.TryReceive(out var left))
            model.Worker.Answer(left);
        Assert.Equal(0, model.Model.Queue.InFlight);
        model.Worker.Ready(3);
        for (var i = 0; i < 10; i++)
            await model.AnswerAsync();
        Assert.InRange(model.Worker.PeakInFlight, 1, 3);
    }

    [Fact]
    public async Task AnswersEverybody_WhenTheModelStopsInTheMiddle()
    {
        for (var round = 0; round < 30; round++)
        {
            await using var model = await LoadedModelFixture.StartAsync(allocations: 2, queueCapacity: 8, answersByItself: true);
            var middle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var answers = 0;
            model.Text.BeforeInterpret = _ =>
            {
                if (Interlocked.Increment(ref answers) == 20)
                    middle.SetResult();
            };
            var callers = Callers(4, caller => CallAsync(model, new Random(caller), 100));

            await middle.Task.Soon();
            await model.Model.DisposeAsync();

            await callers.Soon();
            Assert.Equal((0, 0), (model.Model.Queue.Depth, model.Model.Queue.InFlight));
        }
    }

    [Fact]
    public async Task NeverOvercommits_WhenTwoCoordinatorsSendRandomTargets()
    {
        var seed = Environment.TickCount;
        await using var node = new NodeFixture(processors: 6, memoryBytes: 3 * MemoryEstimate.OverheadBytes, answersByItself: true);
        var plan = 0L;
        var overcommitted = 0;

        async Task<int> CoordinateAsync(int coordinator)
        {
            await Task.Yield();
            var random = new Random(seed + coordinator);
            for (var i = 0; i < 300; i++)
            {
                var deployments = Enumerable.Range(0, 6)
                    .Where(_ => random.Next(2) == 0)
                    .Select(d => Given.Deployment($"d{d}", random.Next(1, 4), incarnation: random.Next(1, 3), stop: random.Next(8) == 0 ? StopMode.Forced : StopMode.None));
                node.Runtime.Apply(Given.Target(Interlocked.Increment(ref plan) - random.Next(2), [.. deployments]));
                if (node.ProcessorsUsed is < 0 or > 6 || node.MemoryUsed is < 0 || node.MemoryUsed > 3 * MemoryEstimate.OverheadBytes)
                    Interlocked.Increment(ref overcommitted);
                var running = node.Runtime.GetRoutes().Where(r => r.Route.State == RoutingState.Started).Sum(r => r.Route.CurrentAllocations);
                if (running > 6)
                    Interlocked.Increment(ref overcommitted);
            }

            return coordinator;
        }

        await Callers(2, CoordinateAsync);
        node.Apply(Interlocked.Increment(ref plan) + 1);
        await node.Runtime.StopAsync(CancellationToken.None).Soon();

        Assert.True(overcommitted == 0, $"overcommitted {overcommitted} times, seed {seed}");
        Assert.Equal((0, 0, 0), (node.ProcessorsUsed, node.MemoryUsed, node.Source.Copies));
    }

    private static Task<T[]> Callers<T>(int count, Func<int, Task<T>> call) =>
        Task.WhenAll(Enumerable.Range(1, count).Select(number => Task.Run(() => call(number)))).WaitAsync(TimeSpan.FromSeconds(60));

    private static async Task<List<InferenceStatus>> CallAsync(LoadedModelFixture model, Random random, int calls)
    {
        string[] words = ["one", "two", "three", "nonsense"];
        var outcomes = new List<InferenceStatus>();
        for (var i = 0; i < calls; i++)
        {
            using var caller = new CancellationTokenSource();
            var texts = Enumerable.Range(0, random.Next(1, 6)).Select(_ => words[random.Next(random.Next(20) == 0 ? 4 : 3)]);
            var timeout = TimeSpan.FromMilliseconds(random.Next(1, 20));
            var reply = model.Model.InferAsync(Given.Texts([.. texts]) with { Timeout = timeout }, caller.Token).Soon();
            var depth = model.Model.Queue.Depth;
            Assert.InRange(depth, 0, model.Model.Queue.Capacity);
            switch (random.Next(6))
            {
                case 0:
                    await caller.CancelAsync();
                    break;
                case 1:
                    model.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 20)));
                    break;
            }

            if (!reply.IsCompleted && random.Next(4) == 0)
                model.Time.Advance(TimeSpan.FromMilliseconds(1));
            outcomes.Add((await reply).Status);
        }

        return outcomes;
    }

    private static void Misbehave(LoadedModelFixture model, Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (!model.Worker.TryReceive(out var request))
            {
                Thread.Yield();
                continue;
            }

            switch (random.Next(60))
            {
                case 0:
                    model.Worker.Crash("signal 11");
                    model.Worker.Ready(random.Next(1, 4));
                    break;
                case < 4:
                    model.Worker.Fail(request, WorkerError.Model, "why");
                    break;
                default:
                    model.Worker.Answer(request);
                    break;
            }
        }
    }
}
