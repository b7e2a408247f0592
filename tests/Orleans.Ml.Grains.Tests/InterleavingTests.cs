using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Tests;

/// <summary>What happens when something else happens in between.</summary>
[Collection(ClusterFixture.OnePlan)]
public sealed class InterleavingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("of the plan")]
    [InlineData("of the target")]
    public async Task AStartComesTrue_WhenTheSiloDiesBetweenItsWriteAndItsApply(string silo)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2);
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName == nameof(INodeGrain.ApplyAsync) && call.Request.GetArgument(0) is NodeTarget { Deployments.IsEmpty: false }, _ => ClusterFixture.HangAsync());
        var started = await cluster.StartDeploymentAsync(allocations: 2);
        var lost = silo == "of the plan" ? cluster.SiloOf(cluster.Placement) : cluster.Silo(Assert.Single(started.RoutingTable).Key);

        var killing = cluster.Cluster.KillSiloAsync(lost, ClusterFixture.Cancellation);
        intercepted.Dispose();
        await killing;

        var after = await cluster.WaitForAsync(a => a.AllocationCount == 2);
        Assert.Equal(started.Incarnation, after.Incarnation);
        Assert.Equal([cluster.Other(lost).Name], after.RoutingTable.Keys);
    }

    [Fact]
    public async Task ASiloThatLeavesBetweenPlanAndApplyIsReplaced()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2, (_, node) => node.LeaveLimit = TimeSpan.FromSeconds(8));
        string? unreached = null;
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName == nameof(INodeGrain.ApplyAsync)
                && call.Request.GetArgument(0) is NodeTarget { Deployments.IsEmpty: false } target && (unreached ?? target.NodeId) == target.NodeId,
            _ => throw new IOException("not reached"));
        var started = await cluster.StartDeploymentAsync(allocations: 2);
        var leaving = cluster.Silo(Assert.Single(started.RoutingTable).Key);
        unreached = leaving.Name;

        await cluster.Cluster.StopSiloAsync(leaving, ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation);

        var after = await cluster.WaitForAsync(a => a.AllocationCount == 2 && a.RoutingTable.Count == 1);
        Assert.Equal([cluster.Other(leaving).Name], after.RoutingTable.Keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AReportOfAnEarlierLifeOfTheNodeChangesNothing(bool isNewActivation)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 1);
        var before = await cluster.ServeAsync(allocations: 2);
        if (isNewActivation)
            await cluster.Cluster.DeactivateAsync(cluster.Deployment);

        await cluster.Deployment.OnRouteAsync(new RouteReport("m", before.Incarnation, "Silo_0", 1, before.Version.Plan, long.MaxValue, new Route(0, 2, RoutingState.Failed, "old")));

        Assert.Equal(RoutingState.Started, Assert.Single((await cluster.Deployment.GetAsync())!.RoutingTable).Value.State);
    }

    [Fact]
    public async Task RequestsGoOn_WhenTheRoutingTableIsRebornAndCannotReadThePlan()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2);
        await cluster.ServeAsync(allocations: 20);
        var router = SmallCluster.RouterOf(cluster.Silo("Silo_0"));
        Assert.True((await SmallCluster.InferAsync(router)).IsOk);
        using (ClusterFixture.Intercept(call => call.MethodName == nameof(IPlacementGrain.GetPlanAsync), _ => throw new IOException("not now")))
        {
            await cluster.Cluster.DeactivateAsync(cluster.Routing);

            var table = await cluster.Routing.PollAsync(default, TimeSpan.FromSeconds(1), ClusterFixture.Cancellation);
            Assert.False(table.IsComplete);
            Assert.Equal(["Silo_0", "Silo_1"], table.LiveNodes.Select(n => n.NodeId));
            foreach (var reply in await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SmallCluster.InferAsync(router))))
                Assert.True(reply.IsOk, reply.Reason);
        }

        await cluster.WaitForAsync(a => a.AllocationCount == 20);
    }

    [Fact]
    public async Task OfTwoCoordinatorsTheOneThatIsBehindWritesNothingAndReadsAgain()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 1);
        await cluster.ServeAsync(allocations: 2);
        var before = await cluster.Placement.GetPlanAsync();
        // Another coordinator has written meanwhile.
        cluster.Storage.Touch("plan", cluster.Placement.GetGrainId());

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.Placement.StopAsync("m", before.Deployments["m"].Incarnation, StopMode.Drain, "test"));

        Assert.Equal(MlErrorKind.Unavailable, error.Kind);
        Assert.Equal(StopMode.None, (await cluster.Placement.GetPlanAsync()).Deployments["m"].Stop);
        Assert.NotNull(await cluster.Placement.StopAsync("m", before.Deployments["m"].Incarnation, StopMode.Drain, "test"));
    }

    [Theory]
    [InlineData("plan", false)]
    [InlineData("plan", true)]
    [InlineData("deployment", false)]
    [InlineData("deployment", true)]
    public async Task AStartEndsInOneState_WhenAWriteFailsOrItsOutcomeIsUnknown(string state, bool isWritten)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 1);
        cluster.Storage.FailNext(state, isWritten);
        try
        {
            await cluster.StartDeploymentAsync(allocations: 2);
            Assert.Equal("deployment", state);
        }
        catch (MlException error)
        {
            Assert.Equal(("plan", MlErrorKind.Unavailable), (state, error.Kind));
        }

        Assert.True(cluster.Storage.HasFailed(state));
        // It was written: it is so. It was not: the same call succeeds.
        if (state == "plan" && !isWritten)
            await cluster.StartDeploymentAsync(allocations: 2);
        await cluster.WaitForAsync(a => a.AllocationCount == 2);
        await AssertPlanAndDeploymentAgreeAsync(cluster);
    }

    [Theory]
    [InlineData("plan", false)]
    [InlineData("plan", true)]
    [InlineData("deployment", false)]
    [InlineData("deployment", true)]
    public async Task AStopEnds_WhenAWriteFailsOrItsOutcomeIsUnknown(string state, bool isWritten)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 1);
        var assignment = await cluster.ServeAsync(allocations: 2);
        cluster.Storage.FailNext(state, isWritten);

        try
        {
            await cluster.Deployment.StopAsync(StopMode.Forced, "test");
            Assert.Equal("deployment", state);
        }
        catch (MlException error)
        {
            Assert.Equal(("plan", MlErrorKind.Unavailable), (state, error.Kind));
            await cluster.Deployment.StopAsync(StopMode.Forced, "again");
        }

        await WaitUntilGoneAsync(cluster, assignment.Incarnation);
        await AssertPlanAndDeploymentAgreeAsync(cluster);
        Assert.Empty((await cluster.Placement.GetPlanAsync()).Deployments);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OthersTakeOver_WhenThePlanAfterALossCannotBeWrittenAtFirst(bool isWritten)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2);
        var lost = cluster.Silo(Assert.Single((await cluster.ServeAsync(allocations: 2)).RoutingTable).Key);
        cluster.Storage.FailNext("plan", isWritten);

        await cluster.Cluster.KillSiloAsync(lost, ClusterFixture.Cancellation);

        var after = await cluster.WaitForAsync(a => a.AllocationCount == 2 && a.RoutingTable.Keys.SequenceEqual([cluster.Other(lost).Name]));
        Assert.True(cluster.Storage.HasFailed("plan"));
        Assert.Equal(2, after.AllocationCount);
    }

    [Fact]
    public async Task StartsAndStopsAtTheSameTimeLeaveNothingHalf()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2);
        for (var round = 0; round < 5; round++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
            {
                try
                {
                    await (i % 2 == 0 ? cluster.StartDeploymentAsync(allocations: 2) : (Task)cluster.Deployment.StopAsync(StopMode.Forced, "test"));
                    return (MlErrorKind?)null;
                }
                catch (MlException error)
                {
                    return error.Kind;
                }
            })).WaitAsync(Soon, ClusterFixture.Cancellation);

            // A second start finds the first, or its remains.
            Assert.All(outcomes.OfType<MlErrorKind>(), kind => Assert.True(kind is MlErrorKind.BadRequest or MlErrorKind.Conflict, kind.ToString()));
            Assert.Contains(outcomes, o => o is null);
            if (await cluster.Deployment.GetAsync() is { } left)
            {
                await cluster.Deployment.StopAsync(StopMode.Forced, "end");
                await WaitUntilGoneAsync(cluster, left.Incarnation);
            }

            Assert.Empty((await cluster.Placement.GetPlanAsync()).Deployments);
            await AssertPlanAndDeploymentAgreeAsync(cluster);
        }

        await cluster.ServeAsync(allocations: 2);
        Assert.True((await SmallCluster.InferAsync(SmallCluster.RouterOf(cluster.Silo("Silo_1")))).IsOk);
    }

    private static async Task WaitUntilGoneAsync(SmallCluster cluster, long incarnation)
    {
        for (var slices = 0; slices < 10; slices++)
        {
            if ((await cluster.Deployment.WaitForAsync(WaitGoal.Gone, incarnation, TimeSpan.FromSeconds(3), ClusterFixture.Cancellation)).Outcome == WaitOutcome.Reached)
                return;
        }

        Assert.Fail($"not gone: {await cluster.Deployment.GetAsync()}");
    }

    private static async Task AssertPlanAndDeploymentAgreeAsync(SmallCluster cluster)
    {
        var planned = (await cluster.Placement.GetPlanAsync()).Deployments.GetValueOrDefault("m");
        var assignment = await cluster.Deployment.GetAsync();
        Assert.Equal(planned?.Incarnation, assignment?.Incarnation);
    }
}
