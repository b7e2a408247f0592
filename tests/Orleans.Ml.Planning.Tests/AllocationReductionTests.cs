using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class AllocationReductionTests
{
    [Fact]
    public void GivesUpTheNodeWithTheFewest_WhenItGoesWhole()
    {
        var reduced = AllocationReduction.Apply(Given.Deployment(allocations: 4, on: [("a", 4), ("b", 2)]), Nodes(("a", ""), ("b", "")));

        Assert.Equal([new NodeAllocations("a", 4)], reduced.Allocations);
    }

    [Fact]
    public void ThinsANode_WhenItWouldGiveTooMuch()
    {
        var reduced = AllocationReduction.Apply(Given.Deployment(allocations: 5, on: [("a", 4), ("b", 2)]), Nodes(("a", ""), ("b", "")));

        Assert.Equal([new NodeAllocations("a", 4), new("b", 1)], reduced.Allocations);
    }

    [Fact]
    public void TakesFromTheFullestZone()
    {
        var reduced = AllocationReduction.Apply(Given.Deployment(allocations: 5, on: [("a", 3), ("b", 1), ("c", 2)]), Nodes(("a", "x"), ("b", "x"), ("c", "y")));

        Assert.Equal([new NodeAllocations("a", 3), new("c", 2)], reduced.Allocations);
    }

    [Fact]
    public void ThinsANode_WhenItsZoneWouldFallBehindTheOther()
    {
        var reduced = AllocationReduction.Apply(Given.Deployment(allocations: 6, on: [("a", 4), ("b", 4)]), Nodes(("a", "x"), ("b", "y")));

        Assert.Equal([new NodeAllocations("a", 3), new("b", 3)], reduced.Allocations);
    }

    [Fact]
    public void FreesTheNode_WhenAnotherZoneHasNothingAnyway()
    {
        var reduced = AllocationReduction.Apply(Given.Deployment(allocations: 3, on: [("a", 3), ("b", 2)]), Nodes(("a", "x"), ("b", "x"), ("c", "y")));

        Assert.Equal([new NodeAllocations("a", 3)], reduced.Allocations);
    }

    [Fact]
    public void LeavesNothing_WhenScaledToZero() =>
        Assert.Empty(AllocationReduction.Apply(Given.Deployment(allocations: 0, on: [("a", 3), ("b", 2)]), Nodes(("a", "x"), ("b", "y"))).Allocations);

    [Fact]
    public void ClearsTheReason_WhenNothingIsMissingAnyMore() =>
        Assert.Null(AllocationReduction.Apply(Given.Deployment(allocations: 1, on: [("a", 2)]) with { Reason = "short" }, Nodes(("a", ""))).Reason);

    [Fact]
    public void ReturnsTheSame_WhenThereIsNothingToTake()
    {
        var deployment = Given.Deployment(allocations: 2, on: [("a", 2)]);

        Assert.Same(deployment, AllocationReduction.Apply(deployment, Nodes(("a", ""))));
    }

    [Fact]
    public void IsPartOfAPlan_WhenFewerAreAskedFor() =>
        Assert.Equal([new NodeAllocations("a", 4)], ClusterPlanner.Plan(Nodes(("a", ""), ("b", "")), Given.Plan(Given.Deployment(allocations: 4, on: [("a", 4), ("b", 2)])), new HashSet<string>())["m"].Allocations);

    private static NodeSnapshot[] Nodes(params (string Id, string Zone)[] nodes) => [.. nodes.Select(n => Given.Node(n.Id) with { Zone = n.Zone })];
}
