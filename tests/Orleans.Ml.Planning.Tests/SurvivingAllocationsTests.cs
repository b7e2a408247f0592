using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class SurvivingAllocationsTests
{
    [Fact]
    public void EverythingSurvives_WhenTheNodeHasTheRoom() =>
        Assert.Equal([[2], [2]], Of(4, Given.Deployment("d1", 2, on: [("a", 2)]), Given.Deployment("d2", 2, on: [("a", 2)])));

    [Fact]
    public void OneOfEachSurvives_WhenTheNodeCameBackSmaller() =>
        Assert.Equal([[1], [1]], Of(2, Given.Deployment("d1", 2, on: [("a", 2)]), Given.Deployment("d2", 2, on: [("a", 2)])));

    [Fact]
    public void FewerThreadsSurvive_WhenNotEvenOneOfEachFits() =>
        Assert.Equal([[0], [1], [1]], Of(3, Given.Deployment("d1", threads: 2, on: [("a", 1)]), Given.Deployment("d2", on: [("a", 1)]), Given.Deployment("d3", on: [("a", 1)])));

    [Fact]
    public void NothingSurvives_OnANodeThatIsGone() =>
        Assert.Equal([[0]], Of(4, Given.Deployment(on: [("gone", 1)])));

    [Fact]
    public void WhatTheSmallerNodeCannotHold_GoesToOthers()
    {
        var plan = ClusterPlanner.Plan(
            [Given.Node("a", processors: 1), Given.Node("b", processors: 3)], Given.Plan(Given.Deployment(allocations: 4, on: [("a", 4)])), new HashSet<string>());

        Assert.Equal([new NodeAllocations("a", 1), new("b", 3)], plan["m"].Allocations);
    }

    private static int[][] Of(int processors, params PlannedDeployment[] deployments) => SurvivingAllocations.Of([Given.Node("a", processors)], deployments);
}
