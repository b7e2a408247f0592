using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

/// <summary>Low priority: deployment-runtime.md §3.8.</summary>
public sealed class EvictionPlannerTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void EvictsTheLargest_WhenOneOfSeveralIsEnough()
    {
        var low = new[] { Low("large", 300, on: "a"), Low("small", 10, on: "a"), Low("tiny", 1, on: "a") };
        var room = Bytes(low[1]) + Bytes(low[2]) + Bytes(Given.Deployment("normal"));

        var plan = Plan([Node("a", room)], [.. low, Given.Deployment("normal")]);

        Assert.Equal((0, 1, 1, 1), (plan["large"].TotalAllocations, plan["small"].TotalAllocations, plan["tiny"].TotalAllocations, plan["normal"].TotalAllocations));
        Assert.Contains("insufficient available memory", plan["large"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void MovesToAnotherNode_WhenNormalNeedsTheMemoryOfItsOwn()
    {
        var low = Low("low", 10, on: "a");

        var plan = Plan([Node("a", Bytes(low)), Node("b", Bytes(low), processors: 0)], low, Given.Deployment("normal", modelBytes: 10 * Megabyte));

        Assert.Equal([new NodeAllocations("b", 1)], plan["low"].Allocations);
        Assert.Equal([new NodeAllocations("a", 1)], plan["normal"].Allocations);
    }

    [Fact]
    public void EvictsNothing_WhenNormalFitsBesideItElsewhere()
    {
        var low = Low("low", 10, on: "a");

        var plan = Plan([Node("a", Bytes(low)), Node("b", Bytes(low))], low, Given.Deployment("normal", modelBytes: 10 * Megabyte));

        Assert.Equal([new NodeAllocations("a", 1)], plan["low"].Allocations);
        Assert.Equal([new NodeAllocations("b", 1)], plan["normal"].Allocations);
    }

    [Fact]
    public void TheEvictedComeBackFirst_WhenRoomReturns()
    {
        var evicted = Low("evicted", 300) with { WasAllocated = true };

        var plan = Plan([Node("a", Bytes(evicted))], evicted, Low("new", 1));

        Assert.Equal((1, 0), (plan["evicted"].TotalAllocations, plan["new"].TotalAllocations));
    }

    [Fact]
    public void NeverTakesMemoryThatNormalNeeds_EvenIfItRanFirst()
    {
        var low = Low("low", 10, on: "a");

        var plan = Plan([Node("a", Bytes(low))], low, Given.Deployment("normal", modelBytes: 10 * Megabyte));

        Assert.Equal((0, 1), (plan["low"].TotalAllocations, plan["normal"].TotalAllocations));
    }

    [Fact]
    public void PutsAtMostOneHundredOnANode()
    {
        var plan = Plan([Node("a", long.MaxValue / 2)], [.. Enumerable.Range(0, 103).Select(i => Low($"d{i:000}", 1))]);

        Assert.Equal(100, plan.Values.Sum(d => d.TotalAllocations));
        Assert.Contains("[100] deployments of low priority", plan["d102"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void GivesOneAllocation_EvenIfARecordAsksForMore()
    {
        var greedy = Low("greedy", 1);
        greedy = greedy with { Parameters = greedy.Parameters with { NumberOfAllocations = 8 } };

        Assert.Equal(1, Plan([Given.Node("a")], greedy)["greedy"].TotalAllocations);
    }

    private static PlannedDeployment Low(string id, long megabytes, string? on = null) =>
        Given.Deployment(id, priority: Priority.Low, modelBytes: megabytes * Megabyte, on: on is null ? null : [(on, 1)]);

    private static long Bytes(PlannedDeployment deployment) => MemoryEstimate.Bytes(deployment.Parameters, 1);

    private static NodeSnapshot Node(string id, long roomBytes, int processors = 4) => Given.Node(id, processors, roomBytes + MemoryEstimate.NodeOverheadBytes);

    private static ImmutableSortedDictionary<string, PlannedDeployment> Plan(NodeSnapshot[] nodes, params PlannedDeployment[] deployments) =>
        ClusterPlanner.Plan(nodes, Given.Plan(deployments), new HashSet<string>());
}
