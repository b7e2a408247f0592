using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

[Collection(ClusterFixture.OnePlan)]
public sealed class UpdateTests(ClusterFixture cluster)
{
    private static readonly AdaptiveAllocationsChange Bounded = new(Enabled: false, MinNumberOfAllocations: new(1), MaxNumberOfAllocations: new(4));

    private IPlacementGrain Placement => cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    [Fact]
    public async Task GrowsAndShrinks_WithTheWorkerThatRuns()
    {
        await cluster.CreateModelAsync("grows");
        var node = Assert.Single((await cluster.StartAsync("grows")).RoutingTable).Key;
        var before = await StatsAsync("grows", node);

        var grown = await UpdateAsync("grows", 3);
        var after = await StatsAsync("grows", node);
        var shrunk = await UpdateAsync("grows", 2);

        Assert.Equal((3, 3, node), (grown.TaskParameters.NumberOfAllocations, grown.AllocationCount, Assert.Single(grown.RoutingTable).Key));
        Assert.Equal((3, before.StartTime), (after.Allocations, after.StartTime));
        Assert.Equal((2, 2, grown.StartTime), (shrunk.TaskParameters.NumberOfAllocations, shrunk.AllocationCount, shrunk.StartTime));
        Assert.Equal(before.StartTime, (await StatsAsync("grows", node)).StartTime);
    }

    [Fact]
    public async Task LosesNoRequest_WhileItGrowsOverNodesAndShrinksAgain()
    {
        await cluster.CreateModelAsync("elastic");
        // 12 allocations of 32 threads fill one of the two nodes.
        await cluster.StartAsync("elastic", threads: 32);
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var replies = new List<InferenceReply>();
            while (!done.IsCancellationRequested)
                replies.Add(await InferAsync("elastic"));
            return replies;
        })).ToList();

        var spread = new List<int>();
        for (var round = 0; round < 4; round++)
        {
            spread.Add((await UpdateAsync("elastic", 20)).RoutingTable.Count);
            spread.Add((await UpdateAsync("elastic", 1)).RoutingTable.Count);
        }

        await done.CancelAsync();
        var all = (await Task.WhenAll(callers)).SelectMany(r => r).ToList();
        Assert.Equal([2, 1, 2, 1, 2, 1, 2, 1], spread);
        Assert.NotEmpty(all);
        Assert.Empty(all.Where(r => !r.IsOk).Select(r => $"{r.Status} {r.Reason}").Distinct());
        await cluster.StopAsync("elastic");
    }

    [Fact]
    public async Task IsRefusedAndChangesNothing_WhenItDoesNotFit()
    {
        await cluster.CreateModelAsync("greedy");
        var before = await cluster.StartAsync("greedy", threads: 32);
        var plan = (await Placement.GetPlanAsync()).Deployments["greedy"];

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("greedy").UpdateAsync(new(100)));

        Assert.Equal(MlErrorKind.NoCapacity, error.Kind);
        Assert.Contains("not enough resources", error.Message, StringComparison.Ordinal);
        Assert.Contains("node [Silo_0]", error.InnerException!.Message, StringComparison.Ordinal);
        Assert.Contains("It would fit with [", error.InnerException.Message, StringComparison.Ordinal);
        Assert.Equal(before.TaskParameters, (await cluster.Deployment("greedy").GetAsync())!.TaskParameters);
        var after = (await Placement.GetPlanAsync()).Deployments["greedy"];
        Assert.Equal((plan.Parameters, plan.Reason), (after.Parameters, after.Reason));
        Assert.Equal(plan.Allocations, after.Allocations);
        await cluster.StopAsync("greedy");
    }

    [Fact]
    public async Task RoutersHearOfANodeThatLetsGo_BeforeTheNodeDoes()
    {
        await cluster.CreateModelAsync("routers-first");
        await cluster.StartAsync("routers-first", allocations: 20, threads: 32);
        var routing = cluster.Grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key);
        // Other tests' clusters are intercepted as well.
        var nodes = await Task.WhenAll(cluster.Cluster.Silos.Select(s => cluster.Grains.GetGrain<INodeGrain>(s.Name).DescribeAsync()));
        var isStillRouted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName == nameof(INodeGrain.ApplyAsync)
                && call.Request.GetArgument(0) is NodeTarget target
                && nodes.Any(n => (n.NodeId, n.Epoch) == (target.NodeId, target.Epoch))
                && target.Deployments.All(d => d.Parameters.DeploymentId != "routers-first"),
            async call =>
            {
                var table = await routing.PollAsync(default, TimeSpan.Zero, CancellationToken.None);
                var assignment = table.Deployments.Single(d => d.TaskParameters.DeploymentId == "routers-first");
                isStillRouted.TrySetResult(assignment.RoutingTable.ContainsKey(((NodeTarget)call.Request.GetArgument(0)!).NodeId));
                await call.Invoke();
            });

        await cluster.Deployment("routers-first").UpdateAsync(new(1));

        Assert.False(await isStillRouted.Task.WaitAsync(TimeSpan.FromSeconds(20), ClusterFixture.Cancellation));
        await cluster.StopAsync("routers-first");
    }

    [Fact]
    public async Task TakesTheSameNumberButNoOther_WhileItIsStarting()
    {
        await cluster.CreateModelAsync("early");
        var loading = new TaskCompletionSource();
        var before = cluster.Models.BeforeFetch;
        cluster.Models.BeforeFetch = (p, c) => p.DeploymentId == "early" ? loading.Task.WaitAsync(c) : before(p, c);
        var started = await cluster.Deployment("early").StartAsync(new StartDeployment("early", "early", 2));

        var same = await cluster.Deployment("early").UpdateAsync(new(2));
        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("early").UpdateAsync(new(3)));

        Assert.Equal((AssignmentState.Starting, started.Version.Plan), (same.State, same.Version.Plan));
        Assert.Equal(MlErrorKind.Conflict, error.Kind);
        Assert.Contains("[started]", error.Message, StringComparison.Ordinal);
        loading.SetResult();
        cluster.Models.BeforeFetch = before;
        await cluster.StopAsync("early");
    }

    [Fact]
    public async Task IsNotFound_WhenThereIsNoSuchDeployment()
    {
        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("nobody").UpdateAsync(new(2)));

        Assert.Equal(MlErrorKind.NotFound, error.Kind);
        Assert.Contains("[nobody]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeepsAdaptiveSettings_AlsoWhenItsActivationIsLost()
    {
        await cluster.CreateModelAsync("adaptive");
        await cluster.StartAsync("adaptive");

        var set = await cluster.Deployment("adaptive").UpdateAsync(new(null, Bounded));
        await cluster.Cluster.DeactivateAsync(cluster.Deployment("adaptive"));
        var kept = await cluster.Deployment("adaptive").GetAsync();
        var without = await cluster.Deployment("adaptive").UpdateAsync(new(2, new(IsRemoval: true)));

        Assert.Equal(new AdaptiveAllocations(false, 1, 4), set.TaskParameters.AdaptiveAllocations);
        Assert.Equal(set.TaskParameters, kept!.TaskParameters);
        Assert.Equal((2, null), (without.TaskParameters.NumberOfAllocations, without.TaskParameters.AdaptiveAllocations));
    }

    [Fact]
    public async Task IsStartedWithAdaptiveSettings()
    {
        await cluster.CreateModelAsync("adaptive-start");
        var asked = new StartDeployment("adaptive-start", "adaptive-start", AdaptiveAllocations: new(true, 0, 3));

        var started = await cluster.Deployment("adaptive-start").StartAsync(asked);

        Assert.Equal(new AdaptiveAllocations(true, 0, 3), started.TaskParameters.AdaptiveAllocations);
        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("adaptive-start").UpdateAsync(new(2)));
        Assert.Equal(MlErrorKind.StateValidation, error.Kind);
    }

    [Fact]
    public async Task SaysUnavailableAndChangesNothing_WhenThePlanCannotBeWritten()
    {
        await cluster.CreateModelAsync("no-update");
        await cluster.StartAsync("no-update");
        await cluster.Grains.GetGrain<IStorageFaultGrain>("plan").AddFaultOnWrite(Placement.GetGrainId(), new IOException("disk full"));

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("no-update").UpdateAsync(new(2)));

        Assert.Equal(MlErrorKind.Unavailable, error.Kind);
        Assert.Equal(1, (await Placement.GetPlanAsync()).Deployments["no-update"].Parameters.NumberOfAllocations);
        Assert.Equal(2, (await UpdateAsync("no-update", 2)).AllocationCount);
    }

    [Fact]
    public async Task IsAConflict_WhileTheDeploymentIsStopped()
    {
        await cluster.CreateModelAsync("leaving");
        var (loading, loaded) = (new TaskCompletionSource(), new TaskCompletionSource());
        var before = cluster.Models.BeforeFetch;
        cluster.Models.BeforeFetch = (parameters, cancellation) =>
        {
            if (parameters.DeploymentId != "leaving")
                return before(parameters, cancellation);
            loading.TrySetResult();
            return loaded.Task;
        };
        var started = await cluster.Deployment("leaving").StartAsync(new StartDeployment("leaving", "leaving"));
        await loading.Task.WaitAsync(TimeSpan.FromSeconds(20), ClusterFixture.Cancellation);
        // It cannot end while the node loads it.
        await Placement.StopAsync("leaving", started.Incarnation, StopMode.Forced, "test");

        var error = await Assert.ThrowsAsync<MlException>(() => Placement.UpdateAsync("leaving", started.Incarnation, 2, null));

        Assert.Equal(MlErrorKind.Conflict, error.Kind);
        loaded.SetResult();
        cluster.Models.BeforeFetch = before;
        await cluster.WaitAsync("leaving", WaitGoal.Gone, started.Incarnation);
    }

    private async Task<Assignment> UpdateAsync(string id, int allocations)
    {
        var updated = await cluster.Deployment(id).UpdateAsync(new(allocations));
        Assert.Equal(allocations, updated.TaskParameters.NumberOfAllocations);
        return await UntilAsync(id, a => a.TaskParameters.NumberOfAllocations == allocations && a.RoutingTable.Values.All(r => r.CurrentAllocations == r.TargetAllocations && r.IsRoutable));
    }

    private Task<Assignment> UntilAsync(string id, Func<Assignment, bool> isReached) =>
        cluster.Grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).WaitForAsync(id, isReached);

    private async Task<LoadedModelStats> StatsAsync(string id, string node) =>
        Assert.Single((await cluster.Grains.GetGrain<INodeGrain>(node).GetStatsAsync([id])).Models);

    private async Task<InferenceReply> InferAsync(string id)
    {
        var assignment = await cluster.Router.ResolveAsync(id, CancellationToken.None);
        return await cluster.Router.InferAsync(assignment, new InferenceInput(["one two"], null, TimeSpan.FromSeconds(10)), CancellationToken.None);
    }
}
