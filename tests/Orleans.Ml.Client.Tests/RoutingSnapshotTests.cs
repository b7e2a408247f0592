using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Client.Tests;

public sealed class RoutingSnapshotTests
{
    private readonly ScriptedCluster _cluster = new();

    [Fact]
    public void KeepsTheNewerState_WhenATableBringsAnOlderOne()
    {
        var snapshot = Merge(RoutingSnapshot.Empty, Table(true, 5, Given.Assignment(plan: 5, routes: [("a", RoutingState.Started, 2, 2)])));

        var after = Merge(snapshot, Table(true, 5, Given.Assignment(plan: 4, routes: [("a", RoutingState.Started, 1, 1)])));

        Assert.Equal(2, after.Deployment("m")!.Assignment.AllocationCount);
    }

    [Fact]
    public void KeepsRoutes_WhenATableRebuiltFromNothingLacksThem()
    {
        var snapshot = Merge(RoutingSnapshot.Empty, Table(true, 5, Given.Assignment(plan: 5, routes: [("a", RoutingState.Started, 1, 1)])));

        var after = Merge(snapshot, Table(isComplete: false, 6));

        Assert.NotNull(after.Deployment("m"));
    }

    [Fact]
    public void Forgets_WhenACompleteNewerTableLacksTheDeployment()
    {
        var snapshot = Merge(RoutingSnapshot.Empty, Table(true, 5, Given.Assignment(plan: 5, routes: [("a", RoutingState.Started, 1, 1)])));

        Assert.Null(Merge(snapshot, Table(isComplete: true, 6)).Deployment("m"));
    }

    [Fact]
    public void SkipsNodesThatAreNotAlive()
    {
        var table = Table(true, 1, Given.Assignment(allocations: 2, routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)])) with { LiveNodes = [new LiveNode("b", 1)] };

        Assert.Equal(["b"], Merge(RoutingSnapshot.Empty, table).Deployment("m")!.Routes.Select(r => r.NodeId));
    }

    [Fact]
    public void KeepsWhatIsKnownOfNodes_WhenATableRebuiltFromNothingKnowsNone()
    {
        var table = Table(true, 1, Given.Assignment(allocations: 2, routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)]));
        var snapshot = Merge(RoutingSnapshot.Empty, table with { LiveNodes = [new LiveNode("b", 1)] });

        Assert.Equal(["b"], Merge(snapshot, table).Deployment("m")!.Routes.Select(r => r.NodeId));
    }

    [Fact]
    public void RoutesToStoppingNodes_WhenNoneIsStarted()
    {
        var snapshot = Merge(RoutingSnapshot.Empty, Table(true, 1, Given.Assignment(routes: [("a", RoutingState.Stopping, 1, 1), ("b", RoutingState.Starting, 1, 1)])));

        Assert.Equal(["a"], snapshot.Deployment("m")!.Routes.Select(r => r.NodeId));
    }

    [Fact]
    public void DrawsRoutesByTheirAllocations()
    {
        var deployment = Merge(RoutingSnapshot.Empty, Table(true, 1, Given.Assignment(allocations: 4, routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 3, 3)]))).Deployment("m")!;
        var random = new Random(1);

        var toB = Enumerable.Range(0, 10_000).Count(_ => deployment.Choose(random, [])!.NodeId == "b");

        // Both draws must miss "b" for "a" to be taken while neither has anything to do, or the first draw is "a": 1/4.
        Assert.InRange(toB, 7_200, 7_800);
    }

    [Fact]
    public void KeepsTheCountedLoad_WhenATableIsReplaced()
    {
        var snapshot = Merge(RoutingSnapshot.Empty, Table(true, 1, Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)])));
        snapshot.Deployment("m")!.Routes[0].Load.Begin();

        var after = Merge(snapshot, Table(true, 2, Given.Assignment(plan: 2, routes: [("a", RoutingState.Started, 2, 2)])));

        Assert.Equal(0.5, after.Deployment("m")!.Routes[0].Load.PerAllocation(2));
    }

    private static RoutingTable Table(bool isComplete, long planVersion, params Assignment[] assignments) =>
        new(new RoutingVersion(Guid.NewGuid(), 1), isComplete, planVersion, [.. assignments], []);

    private RoutingSnapshot Merge(RoutingSnapshot snapshot, RoutingTable table) => snapshot.Merge(table, _cluster);
}
