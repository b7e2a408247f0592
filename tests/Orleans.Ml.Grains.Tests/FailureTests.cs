using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

/// <summary>What still has to happen when something on the way refuses once.</summary>
[Collection(ClusterFixture.OnePlan)]
public sealed class FailureTests(ClusterFixture cluster)
{
    private static IPlacementGrain Placement(ClusterFixture cluster) => cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    [Fact]
    public async Task AStopEnds_WhenThePlanCannotForgetTheDeploymentAtFirst()
    {
        await cluster.CreateModelAsync("stubborn");
        var loading = new TaskCompletionSource();
        var before = cluster.Models.BeforeFetch;
        cluster.Models.BeforeFetch = (p, c) => p.DeploymentId == "stubborn" ? loading.Task : before(p, c);
        var started = await cluster.Deployment("stubborn").StartAsync(new StartDeployment("stubborn", "stubborn"));
        await cluster.Deployment("stubborn").StopAsync(StopMode.Forced, "test");
        await cluster.Grains.GetGrain<IStorageFaultGrain>("plan").AddFaultOnWrite(Placement(cluster).GetGrainId(), new IOException("disk full"));
        loading.SetResult();

        await cluster.WaitAsync("stubborn", WaitGoal.Gone, started.Incarnation);

        Assert.DoesNotContain("stubborn", (await Placement(cluster).GetPlanAsync()).Deployments.Keys);
        cluster.Models.BeforeFetch = before;
    }

    [Fact]
    public async Task AStartEnds_WhenTheRoutingTableDoesNotAnswer()
    {
        await cluster.CreateModelAsync("mute");
        using var intercepted = ClusterFixture.Intercept(call => call.MethodName == nameof(IRoutingGrain.OnAssignmentAsync)
            && call.Request.GetArgument(0) is Assignment { TaskParameters.DeploymentId: "mute" }, _ => ClusterFixture.HangAsync());

        var assignment = await cluster.StartAsync("mute");

        Assert.Equal(AssignmentState.Started, assignment.State);
    }

    [Fact]
    public async Task TheRoutingTableIsCompleteAgain_WhenADeploymentWithoutRoutesHasNothingToReport()
    {
        var placed = await Placement(cluster).PlaceAsync(Given.Parameters("idle", allocations: 0));
        var routing = cluster.Grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key);
        await cluster.Cluster.DeactivateAsync(routing);

        var table = await PollAsync(routing, t => t.IsComplete);

        var idle = Assert.Single(table.Deployments, d => d.TaskParameters.DeploymentId == "idle");
        Assert.Equal((AssignmentState.Started, placed.Deployment.Incarnation), (idle.State, idle.Incarnation));
        await Placement(cluster).RemoveAsync("idle", placed.Deployment.Incarnation);
        await PollAsync(routing, t => t.Deployments.All(d => d.TaskParameters.DeploymentId != "idle"));
    }

    [Fact]
    public async Task PlacementHearsOfMembership_WhenTheRoutingTableHangs()
    {
        var told = 0;
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName is nameof(IRoutingGrain.OnNodesAsync) or nameof(IPlacementGrain.OnMembershipAsync),
            call =>
            {
                if (call.MethodName == nameof(IRoutingGrain.OnNodesAsync))
                    return ClusterFixture.HangAsync();
                // Two silos: the fifth word is the third of one of them at least.
                if (Interlocked.Increment(ref told) == 5)
                    again.SetResult();
                return call.Invoke();
            });

        await again.Task.WaitAsync(TimeSpan.FromSeconds(20), ClusterFixture.Cancellation);
    }

    private static async Task<RoutingTable> PollAsync(IRoutingGrain routing, Func<RoutingTable, bool> isWanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ClusterFixture.Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        for (var table = await routing.PollAsync(default, TimeSpan.Zero, limit.Token); ; table = await routing.PollAsync(table.Version, TimeSpan.FromSeconds(3), limit.Token))
        {
            if (isWanted(table))
                return table;
        }
    }
}
