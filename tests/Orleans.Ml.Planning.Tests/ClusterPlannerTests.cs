using CsCheck;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class ClusterPlannerTests
{
    private static readonly IReadOnlySet<string> NoneUnreachable = new HashSet<string>();

    [Fact]
    public void PlacesAllAllocations_WhenOneNodeHasRoom()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 2)], Given.Plan(Given.Deployment(allocations: 2)), NoneUnreachable);

        Assert.Equal([new NodeAllocations("a", 2)], plan["m"].Allocations);
        Assert.Null(plan["m"].Reason);
        Assert.True(plan["m"].WasAllocated);
    }

    [Fact]
    public void SpillsToTheNextNode_WhenTheRoomiestIsFull()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 1), Given.Node("b", processors: 2)], Given.Plan(Given.Deployment(allocations: 3)), NoneUnreachable);

        Assert.Equal([new NodeAllocations("a", 1), new("b", 2)], plan["m"].Allocations);
    }

    [Fact]
    public void NamesNodeResourceAndShortfall_WhenProcessorsAreShort()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 2)], Given.Plan(Given.Deployment(threads: 4)), NoneUnreachable);

        Assert.Empty(plan["m"].Allocations);
        Assert.Contains("[a]", plan["m"].Reason, StringComparison.Ordinal);
        Assert.Contains("free processors [2], processors required for each allocation [4]", plan["m"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesMemory_WhenMemoryIsShort()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", memoryBytes: 100 << 20)], Given.Plan(Given.Deployment()), NoneUnreachable);

        Assert.Contains("insufficient available memory", plan["m"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatThereAreNoNodes_WhenThereAreNone() =>
        Assert.Contains("no nodes", ClusterPlanner.Plan([], Given.Plan(Given.Deployment()), NoneUnreachable)["m"].Reason, StringComparison.Ordinal);

    [Fact]
    public void CountsMemoryOfOneCopyPerNode_WhateverTheAllocations()
    {
        var oneCopy = MemoryEstimate.Bytes(Given.Parameters(modelBytes: Given.Gigabyte), 1) + MemoryEstimate.NodeOverheadBytes;

        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 4, memoryBytes: oneCopy)], Given.Plan(Given.Deployment(allocations: 4, modelBytes: Given.Gigabyte)), NoneUnreachable);

        Assert.Equal(4, plan["m"].TotalAllocations);
    }

    [Fact]
    public void CountsNoProcessors_WhenPriorityIsLow()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 1)],
            Given.Plan(Given.Deployment("n", on: [("a", 1)]), Given.Deployment("l", priority: Priority.Low)), NoneUnreachable);

        Assert.Equal(1, plan["l"].TotalAllocations);
    }

    [Fact]
    public void EvictsLowPriority_WhenNormalNeedsItsMemory()
    {
        var room = MemoryEstimate.Bytes(Given.Parameters(), 1) + MemoryEstimate.NodeOverheadBytes;

        var plan = ClusterPlanner.Plan([Given.Node("a", memoryBytes: room)],
            Given.Plan(Given.Deployment("low", priority: Priority.Low, on: [("a", 1)]), Given.Deployment("normal")), NoneUnreachable);

        Assert.Equal(1, plan["normal"].TotalAllocations);
        Assert.Equal(0, plan["low"].TotalAllocations);
        Assert.NotNull(plan["low"].Reason);
    }

    [Fact]
    public void BringsLowPriorityBack_WhenRoomReturns()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a")], Given.Plan(Given.Deployment("low", priority: Priority.Low, wasAllocated: true)), NoneUnreachable);

        Assert.Equal(1, plan["low"].TotalAllocations);
        Assert.Null(plan["low"].Reason);
    }

    [Fact]
    public void KeepsWhatRuns_WhenAnotherStartWantsTheSameProcessors()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 2)], Given.Plan(Given.Deployment("a1", allocations: 2), Given.Deployment("z", allocations: 2, on: [("a", 2)])), NoneUnreachable);

        Assert.Equal(2, plan["z"].TotalAllocations);
        Assert.Equal(0, plan["a1"].TotalAllocations);
    }

    [Fact]
    public void MovesAllocations_WhenTheirNodeIsGone()
    {
        var plan = ClusterPlanner.Plan([Given.Node("b")], Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2)])), NoneUnreachable);

        Assert.Equal([new NodeAllocations("b", 2)], plan["m"].Allocations);
    }

    [Fact]
    public void LeavesAllocationsAlone_WhenTheirNodeIsAMemberThatDoesNotAnswer()
    {
        var before = Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2)]));

        var plan = ClusterPlanner.Plan([Given.Node("b")], before, new HashSet<string> { "a" });

        Assert.Same(before, plan);
    }

    [Fact]
    public void ServesTheOneThatOnceRanFirst_WhenRoomIsShort()
    {
        var plan = ClusterPlanner.Plan([Given.Node("a", processors: 1)], Given.Plan(Given.Deployment("a1"), Given.Deployment("b1", wasAllocated: true)), NoneUnreachable);

        Assert.Equal(0, plan["a1"].TotalAllocations);
        Assert.Equal(1, plan["b1"].TotalAllocations);
    }

    [Fact]
    public void ReturnsTheSamePlan_WhenNothingChanges()
    {
        var before = ClusterPlanner.Plan([Given.Node("a")], Given.Plan(Given.Deployment()), NoneUnreachable);

        Assert.Same(before, ClusterPlanner.Plan([Given.Node("a")], before, NoneUnreachable));
    }

    [Fact]
    public void WaitsForNoNodeThatIsGone_WhenADeploymentIsBeingStopped()
    {
        var plan = ClusterPlanner.Plan([Given.Node("b")], Given.Plan(Given.Deployment(on: [("a", 1), ("b", 1)], allocations: 2, stop: StopMode.Forced)), NoneUnreachable);

        Assert.Equal([new NodeAllocations("b", 1)], plan["m"].Allocations);
    }

    [Fact]
    public void CarriesADeploymentOfZeroAllocations_Unchanged()
    {
        var before = Given.Plan(Given.Deployment("zero", allocations: 0));

        Assert.Same(before, ClusterPlanner.Plan([Given.Node("a")], before, NoneUnreachable));
    }

    [Fact]
    public void NeverOvercommitsANode_WhateverTheCluster()
    {
        var nodes = Gen.Select(Gen.Int[0, 8], Gen.Long[100 << 20, 4L << 30]).Array[0, 6].Select(a =>
            a.Select((n, i) => Given.Node($"n{i}", n.Item1, n.Item2)).ToArray());
        var deployment = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 2].Select(i => 1 << i), Gen.Bool, Gen.Long[0, 1L << 30], Gen.Int[0, 7], Gen.Int[0, 5]);
        Gen.Select(nodes, deployment.Array[0, 10]).Sample((cluster, asked) =>
        {
            var plan = Given.Plan([.. asked.Select((d, i) => Given.Deployment($"d{i}", d.Item3 ? Math.Min(1, d.Item1) : d.Item1, d.Item3 ? 1 : d.Item2, d.Item3 ? Priority.Low : Priority.Normal, d.Item4,
                on: d.Item6 == 0 ? null : [($"n{d.Item5}", d.Item6)]))]);

            var result = ClusterPlanner.Plan(cluster, plan, NoneUnreachable);

            PlanRules.Hold(cluster, plan, NoneUnreachable, result);
        });
    }
}
