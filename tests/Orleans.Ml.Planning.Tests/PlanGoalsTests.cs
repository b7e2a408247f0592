using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

/// <summary>The goals in their order: each outweighs all after it (deployment-runtime.md §3.5-§3.6).</summary>
public sealed class PlanGoalsTests
{
    private static readonly long OneModelBytes = MemoryEstimate.Bytes(Given.Parameters(), 1) + MemoryEstimate.NodeOverheadBytes;

    [Fact]
    public void AStartTakesNothingFromARunningOne_EvenIfMoreWouldRun()
    {
        var plan = Plan([Given.Node("a", processors: 4)], Given.Deployment("new", allocations: 4), Given.Deployment("old", threads: 4, on: [("a", 1)]));

        Assert.Equal(1, plan["old"].TotalAllocations);
        Assert.Equal(0, plan["new"].TotalAllocations);
    }

    [Fact]
    public void AnUpdateFromZeroTakesNothingFromARunningOne_EvenIfItRanBefore()
    {
        var plan = Plan([Given.Node("a", processors: 2)], Given.Deployment("again", wasAllocated: true), Given.Deployment("old", allocations: 2, on: [("a", 2)]));

        Assert.Equal(2, plan["old"].TotalAllocations);
        Assert.Equal(0, plan["again"].TotalAllocations);
    }

    [Fact]
    public void OneThatLostItsOnlyNodeGetsAnAllocation_FromOneThatRunsSeveral()
    {
        var plan = Plan([Given.Node("a", processors: 2)], Given.Deployment("lost", allocations: 2, on: [("gone", 2)]), Given.Deployment("old", allocations: 2, on: [("a", 2)]));

        Assert.Equal(1, plan["lost"].TotalAllocations);
        Assert.Equal(1, plan["old"].TotalAllocations);
    }

    [Fact]
    public void OneThatLostItsOnlyNodeGetsNothing_WhenEveryOtherRunsOneOnly()
    {
        var plan = Plan([Given.Node("a", processors: 1)], Given.Deployment("lost", on: [("gone", 1)]), Given.Deployment("old", on: [("a", 1)]));

        Assert.Equal(0, plan["lost"].TotalAllocations);
        Assert.Equal(1, plan["old"].TotalAllocations);
    }

    [Fact]
    public void ARunningOneMovesAside_WhenThenMoreFits()
    {
        // Two of "old" leave a, where only "wide" fits, for b.
        var plan = Plan([Given.Node("a", processors: 5), Given.Node("b", processors: 2)], Given.Deployment("wide", threads: 4), Given.Deployment("old", allocations: 3, on: [("a", 3)]));

        Assert.Equal([new NodeAllocations("a", 1), new("b", 2)], plan["old"].Allocations);
        Assert.Equal([new NodeAllocations("a", 1)], plan["wide"].Allocations);
    }

    [Fact]
    public void OneAllocationStaysOnEveryNode_EvenIfMovingItWouldMakeRoom()
    {
        var plan = Plan([Given.Node("a", processors: 4), Given.Node("b", processors: 1)], Given.Deployment("wide", threads: 4), Given.Deployment("old", on: [("a", 1)]));

        Assert.Equal([new NodeAllocations("a", 1)], plan["old"].Allocations);
        Assert.Equal(0, plan["wide"].TotalAllocations);
    }

    [Fact]
    public void EveryOneThatRanGetsOne_BeforeAnyGetsTwo()
    {
        var ran = Enumerable.Range(0, 3).Select(i => Given.Deployment($"d{i}", allocations: 3, wasAllocated: true)).ToArray();

        var plan = Plan([Given.Node("a", processors: 3)], ran);

        Assert.All(plan.Values, d => Assert.Equal(1, d.TotalAllocations));
    }

    [Fact]
    public void SmallThreadsWin_WhenRoomIsShort()
    {
        var plan = Plan([Given.Node("a", processors: 4)], Given.Deployment("wide", threads: 4), Given.Deployment("thin", allocations: 4));

        Assert.Equal(4, plan["thin"].TotalAllocations);
        Assert.Equal(0, plan["wide"].TotalAllocations);
    }

    [Fact]
    public void AllocationsAreSpreadOverZones_RatherThanOnOneNode()
    {
        var plan = Plan([In("x", Given.Node("a", processors: 8)), In("y", Given.Node("b", processors: 2))], Given.Deployment(allocations: 4));

        Assert.Equal([new NodeAllocations("a", 2), new("b", 2)], plan["m"].Allocations);
    }

    [Fact]
    public void ZonesGiveWay_WhenOneHasNoRoom()
    {
        var plan = Plan([In("x", Given.Node("a", processors: 8)), In("y", Given.Node("b", processors: 1))], Given.Deployment(allocations: 4));

        Assert.Equal([new NodeAllocations("a", 3), new("b", 1)], plan["m"].Allocations);
    }

    [Fact]
    public void ZonesAreBalancedAgain_WhenOneReturns()
    {
        var plan = Plan([In("x", Given.Node("a")), In("y", Given.Node("b"))], Given.Deployment(allocations: 4, on: [("a", 4)]));

        Assert.Equal([new NodeAllocations("a", 2), new("b", 2)], plan["m"].Allocations);
    }

    [Fact]
    public void AModelIsLoadedOnOneNode_WhenOneHasTheRoom()
    {
        var plan = Plan([Given.Node("a", processors: 3), Given.Node("b", processors: 4), Given.Node("c", processors: 3)], Given.Deployment(allocations: 4));

        Assert.Equal([new NodeAllocations("b", 4)], plan["m"].Allocations);
    }

    [Fact]
    public void NewAllocationsGoWhereTheModelIs_WhenItHasRoom()
    {
        var plan = Plan([Given.Node("a", processors: 16), Given.Node("b", processors: 3)], Given.Deployment(allocations: 3, on: [("b", 1)]));

        Assert.Equal([new NodeAllocations("b", 3)], plan["m"].Allocations);
    }

    [Fact]
    public void NothingMoves_WhenANodeJoinsAndEverythingRuns()
    {
        var before = Given.Plan(Given.Deployment(allocations: 4, on: [("a", 4)]));

        Assert.Same(before, ClusterPlanner.Plan([Given.Node("a"), Given.Node("b", processors: 64)], before, new HashSet<string>()));
    }

    [Fact]
    public void ADeploymentThatIsScaledToZeroGetsNothing_WhateverElseChanges()
    {
        var zero = Given.Deployment("zero", allocations: 0, wasAllocated: true);

        Assert.Same(zero, Plan([Given.Node("a"), Given.Node("b")], zero, Given.Deployment("new", allocations: 3))["zero"]);
    }

    [Fact]
    public void OnlyComputeNodesGetAllocations()
    {
        var plan = Plan([Given.Node("a") with { Roles = NodeRoles.Frontend }, Given.Node("b")], Given.Deployment(allocations: 5));

        Assert.Equal([new NodeAllocations("b", 4)], plan["m"].Allocations);
    }

    [Fact]
    public void MemoryCountsEveryModelOfANode_WhileProcessorsAreFree()
    {
        var plan = Plan([Given.Node("a", memoryBytes: OneModelBytes)], Given.Deployment("d1"), Given.Deployment("d2"));

        Assert.Equal(1, plan.Values.Sum(d => d.TotalAllocations));
    }

    [Fact]
    public void AllocationsOnASilentNodeCount_TowardsWhatWasAskedFor()
    {
        var plan = ClusterPlanner.Plan([Given.Node("b")], Given.Plan(Given.Deployment(allocations: 5, on: [("a", 3)])), new HashSet<string> { "a" });

        Assert.Equal([new NodeAllocations("a", 3), new("b", 2)], plan["m"].Allocations);
    }

    private static NodeSnapshot In(string zone, NodeSnapshot node) => node with { Zone = zone };

    private static ImmutableSortedDictionary<string, PlannedDeployment> Plan(NodeSnapshot[] nodes, params PlannedDeployment[] deployments) =>
        ClusterPlanner.Plan(nodes, Given.Plan(deployments), new HashSet<string>());
}
