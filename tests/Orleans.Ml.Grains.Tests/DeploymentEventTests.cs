using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Testing;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

[Collection(ClusterFixture.OnePlan)]
public sealed class DeploymentEventTests(ClusterFixture cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly DeploymentFeed _feed = new(cluster.Cluster.Client);

    public async ValueTask InitializeAsync() => await _feed.SubscribeAsync();

    public ValueTask DisposeAsync() => _feed.DisposeAsync();

    [Fact]
    public async Task TellTheWholeLifeOfADeployment_InOrderAndWithoutAGap()
    {
        await cluster.CreateModelAsync("told");
        var before = _feed.Readings;

        await cluster.StartAsync("told");
        var started = await UntilAsync("told", e => e.Assignment?.State == AssignmentState.Started);
        await cluster.Deployment("told").UpdateAsync(new(2));
        var updated = await UntilAsync("told", e => e.Assignment?.AllocationCount == 2);
        await cluster.StopAsync("told");
        var gone = await UntilAsync("told", e => e.Assignment is null);

        var all = started.Concat(updated).Concat(gone).ToList();
        Assert.Null(all[0].Previous);
        Assert.Equal(all.SkipLast(1).Select(e => (AssignmentVersion?)e.Version), all.Skip(1).Select(e => e.Previous));
        Assert.Equal(all.Select(e => e.Version).Order(), all.Select(e => e.Version));
        Assert.Equal("started by an API call", all[0].Reason);
        Assert.Contains("updated from [1] to [2] allocations", updated.Select(e => e.Reason));
        Assert.All(all.SkipLast(1), e => Assert.Equal(e.Version, e.Assignment!.Version));
        Assert.Equal(before, _feed.Readings);
    }

    [Fact]
    public async Task ShowAGap_AfterWhichTheSubscriberReadsTheState()
    {
        await cluster.CreateModelAsync("gap");
        await cluster.StartAsync("gap");
        await UntilAsync("gap", e => e.Assignment?.State == AssignmentState.Started);
        var before = _feed.Readings;
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (ClusterFixture.Intercept(call => call.MethodName == "Enqueue", _ =>
        {
            lost.TrySetResult();
            throw new IOException("the stream is down");
        }))
        {
            await cluster.Deployment("gap").UpdateAsync(new(2));
            await lost.Task.WaitAsync(Patience, ClusterFixture.Cancellation);
        }

        await cluster.Deployment("gap").UpdateAsync(new(3));
        await UntilAsync("gap", e => e.Assignment?.AllocationCount == 3);

        Assert.NotEqual(before, _feed.Readings);
        Assert.Equal((await cluster.Deployment("gap").GetAsync())!.Version, _feed.Known("gap")!.Version);
    }

    [Fact]
    public async Task HoldUpNoStart_WhenTheStreamHangs()
    {
        await cluster.CreateModelAsync("unheard");
        using var intercepted = ClusterFixture.Intercept(call => call.MethodName == "Enqueue", _ => ClusterFixture.HangAsync());

        var assignment = await cluster.StartAsync("unheard").WaitAsync(Patience, ClusterFixture.Cancellation);

        Assert.Equal(AssignmentState.Started, assignment.State);
    }

    /// <summary>The events of a deployment up to the one that is waited for.</summary>
    private async Task<List<DeploymentEvent>> UntilAsync(string id, Predicate<DeploymentEvent> isReached)
    {
        var events = new List<DeploymentEvent>();
        do
        {
            var next = await _feed.Heard.ReadAsync(ClusterFixture.Cancellation).AsTask().WaitAsync(Patience, ClusterFixture.Cancellation);
            if (next.DeploymentId == id)
                events.Add(next);
        }
        while (events.Count == 0 || !isReached(events[^1]));
        return events;
    }
}

/// <summary>Each with a cluster of its own, because silos end.</summary>
public sealed class DeploymentEventFailOverTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-events-").FullName;
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = ClusterFixture.Build(3, new FakeModelSource(), _data, silo => silo.AddSqliteGrainStorage(_data));
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Whatever becomes of the stream: events that go on, a gap, or silence; the subscriber ends with what is true.</summary>
    [Fact]
    public async Task TheSubscriberKnowsTheState_AfterItWasSilentOrHadAGap()
    {
        var model = _cluster.Client.GetGrain<ITrainedModelGrain>("m");
        await model.CreateAsync(ClusterFixture.Config("m"));
        await model.AddPartAsync("1", new(0, 1, 100, 100, "part-0"));
        await model.SetVocabularyAsync("1", "vocabulary");
        var deployment = _cluster.Client.GetGrain<IDeploymentGrain>("m");
        var feed = new DeploymentFeed(_cluster.Client);
        await feed.SubscribeAsync();
        await deployment.StartAsync(new StartDeployment("m", "m", 20, 32));
        await UntilAsync(feed, a => a.AllocationCount == 20);

        var lost = _cluster.Silos[^1];
        await _cluster.KillSiloAsync(lost, ClusterFixture.Cancellation);

        var known = await UntilAsync(feed, a => !a.RoutingTable.ContainsKey(lost.Name) && a.AllocationCount == 20);
        var truth = (await deployment.GetAsync())!;
        Assert.Equal(truth.RoutingTable.Keys, known.RoutingTable.Keys);
        Assert.Equal(truth.TaskParameters, known.TaskParameters);
    }

    private static async Task<Assignment> UntilAsync(DeploymentFeed feed, Predicate<Assignment> isReached)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (feed.Known("m") is { } known && isReached(known))
                return known;
            await feed.NextAsync(TimeSpan.FromSeconds(1));
        }

        throw new TimeoutException($"The subscriber stayed at {feed.Known("m")}");
    }
}
