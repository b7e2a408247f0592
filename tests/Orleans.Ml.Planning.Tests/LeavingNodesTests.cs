using CsCheck;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class LeavingNodesTests
{
    private static readonly HashSet<string> NoneUnreachable = [];

    private static NodeSnapshot Leaving(string id) => Given.Node(id) with { IsLeaving = true };

    [Fact]
    public void OthersTakeOverAtOnce_WhileTheLeavingNodeKeepsWhatItHas()
    {
        var plan = ClusterPlanner.Plan([Leaving("a"), Given.Node("b")], Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2)])), NoneUnreachable);

        Assert.Equal([new NodeAllocations("a", 2), new NodeAllocations("b", 2)], plan["m"].Allocations);
        Assert.Same(plan, ClusterPlanner.Plan([Leaving("a"), Given.Node("b")], plan, NoneUnreachable));
    }

    [Fact]
    public void ALeavingNodeGetsNothingNew()
    {
        var plan = ClusterPlanner.Plan([Leaving("a")], Given.Plan(Given.Deployment()), NoneUnreachable);

        Assert.Empty(plan["m"].Allocations);
    }

    [Fact]
    public void NothingChanges_WhenTheOnlyNodeLeaves()
    {
        var before = Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2)]));

        Assert.Same(before, ClusterPlanner.Plan([Leaving("a")], before, NoneUnreachable));
    }

    [Fact]
    public void WhatTookOverStays_WhenTheNodeHasLeft()
    {
        var plan = ClusterPlanner.Plan([Given.Node("b")], Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2), ("b", 2)])), NoneUnreachable);

        Assert.Equal([new NodeAllocations("b", 2)], plan["m"].Allocations);
    }

    [Fact]
    public void OnlyNodesThatStayGiveUpAllocations_WhenADeploymentShrinksMeanwhile()
    {
        var plan = ClusterPlanner.Plan([Leaving("a"), Given.Node("b")], Given.Plan(Given.Deployment(allocations: 1, on: [("a", 2), ("b", 2)])), NoneUnreachable);

        Assert.Equal([new NodeAllocations("a", 2), new NodeAllocations("b", 1)], plan["m"].Allocations);
    }

    [Fact]
    public void ADeploymentThatIsBeingStoppedWaitsForTheLeavingNodeToo()
    {
        var before = Given.Plan(Given.Deployment(allocations: 2, on: [("a", 2)], stop: StopMode.Drain));

        Assert.Same(before, ClusterPlanner.Plan([Leaving("a"), Given.Node("b")], before, NoneUnreachable));
    }

    [Fact]
    public void LowPriorityMovesToo()
    {
        var plan = ClusterPlanner.Plan([Leaving("a"), Given.Node("b")], Given.Plan(Given.Deployment(priority: Priority.Low, on: [("a", 1)])), NoneUnreachable);

        Assert.Equal([new NodeAllocations("a", 1), new NodeAllocations("b", 1)], plan["m"].Allocations);
    }

    [Fact]
    public void NothingIsTakenFromOthers_ButTheLastAllocationIsSaved()
    {
        var before = Given.Plan(
            Given.Deployment("lost", allocations: 1, threads: 2, on: [("a", 1)]),
            Given.Deployment("rich", allocations: 2, threads: 2, on: [("b", 2)]));

        var plan = ClusterPlanner.Plan([Leaving("a"), Given.Node("b", processors: 4)], before, NoneUnreachable);

        // As when a node dies: it gets one from who runs several.
        Assert.Equal([new NodeAllocations("a", 1), new NodeAllocations("b", 1)], plan["lost"].Allocations);
        Assert.Equal([new NodeAllocations("b", 1)], plan["rich"].Allocations);
    }

    [Fact]
    public void NodesThatStayAreNeverOvercommitted_AndPlanAsIfTheLeavingNodeWereGone()
    {
        var deployment = Gen.Select(Gen.Int[1, 6], Gen.Int[0, 2].Select(i => 1 << i), Gen.Int[0, 3], Gen.Int[0, 3]);
        Gen.Select(Gen.Int[1, 8].Array[4], deployment.Array[0, 8]).Sample((processors, asked) =>
        {
            var nodes = processors.Select((p, i) => Given.Node($"n{i}", p) with { IsLeaving = i == 0 }).ToList();
            var before = ClusterPlanner.Plan(nodes.Select(n => n with { IsLeaving = false }), Given.Plan([.. asked.Select((d, i) => Given.Deployment($"d{i}", d.Item1, d.Item2))]), NoneUnreachable);

            var during = ClusterPlanner.Plan(nodes, before, NoneUnreachable);
            var without = ClusterPlanner.Plan(nodes.Skip(1), before, NoneUnreachable);

            foreach (var (id, planned) in during)
            {
                Assert.Equal(before[id].AllocationsOn("n0"), planned.AllocationsOn("n0"));
                Assert.Equal(without[id].Allocations, planned.Allocations.RemoveAll(a => a.NodeId == "n0"));
            }

            foreach (var node in nodes)
                Assert.True(during.Values.Sum(d => d.AllocationsOn(node.NodeId) * d.Parameters.ThreadsPerAllocation) <= node.Processors);
        }, iter: 300);
    }
}
