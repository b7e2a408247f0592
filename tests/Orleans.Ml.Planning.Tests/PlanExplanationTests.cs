using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class PlanExplanationTests
{
    [Fact]
    public void NamesEachNodeWithWhatItLacks_MemoryBeforeProcessors()
    {
        var explanation = Explain([Given.Node("b", processors: 1), Given.Node("a", processors: 0, memoryBytes: 100 << 20)], Given.Deployment(threads: 4));

        Assert.Equal(["a", "b"], explanation.Nodes.Select(n => n.NodeId));
        Assert.Equal(new NodeShortfall("b", ScarceResource.Processors, 1, 1, 4), explanation.Nodes[1]);
        Assert.Equal(3, explanation.Nodes[1].Missing);
        Assert.Equal(ScarceResource.Memory, explanation.Nodes[0].Resource);
        Assert.Equal(100 << 20, explanation.Nodes[0].Free);
        Assert.Equal(MemoryEstimate.Bytes(Given.Parameters(), 1) + MemoryEstimate.NodeOverheadBytes, explanation.Nodes[0].Required);
    }

    [Fact]
    public void SpeaksInBytesAndHumanUnits()
    {
        var explanation = Explain([Given.Node("a", memoryBytes: 100 << 20)], Given.Deployment(modelBytes: 400 << 20));

        Assert.Equal(
            "Could not assign (more) allocations on node [a]. Reason: This node has insufficient available memory. " +
            "Available memory for ML [104857600] bytes (100mb), free [104857600] bytes (100mb), memory required for an allocation [1121976320] bytes (1gb)",
            ExplanationText.Of(explanation.Nodes));
    }

    [Fact]
    public void AdvisesFewerAllocations_WhenSomeFit()
    {
        var explanation = Explain([Given.Node("a", processors: 3)], Given.Deployment(allocations: 5));

        Assert.Equal((5, 3, 3), (explanation.NumberOfAllocations, explanation.PlacedAllocations, explanation.SmallestChange.NumberOfAllocations));
    }

    [Fact]
    public void AdvisesFewerThreads_WhenAllWouldFitThen() =>
        Assert.Equal(2, Explain([Given.Node("a", processors: 7)], Given.Deployment(allocations: 3, threads: 8)).SmallestChange.ThreadsPerAllocation);

    [Fact]
    public void AdvisesNoFewerThreads_WhenMemoryIsShort() =>
        Assert.Null(Explain([Given.Node("a", memoryBytes: 100 << 20)], Given.Deployment(threads: 4)).SmallestChange.ThreadsPerAllocation);

    [Fact]
    public void AdvisesANodeForWhatIsMissing()
    {
        var change = Explain([Given.Node("a", processors: 4)], Given.Deployment(allocations: 5, threads: 2)).SmallestChange;

        Assert.Equal(6, change.NewNodeProcessors);
        Assert.Equal(MemoryEstimate.Bytes(Given.Parameters(), 3) + MemoryEstimate.NodeOverheadBytes, change.NewNodeMemoryBytes);
    }

    [Fact]
    public void AdvisesALargerNode_WhenOthersWouldBeServedFirst()
    {
        // A node of 4 processors would go to the four small allocations that are missing as well.
        var change = PlanExplanation.Explain(
            [Given.Node("a", processors: 0)], Given.Plan(Given.Deployment("thin", allocations: 4), Given.Deployment("wide", threads: 4)), new HashSet<string>(), "wide").SmallestChange;

        Assert.Equal(8, change.NewNodeProcessors);
    }

    [Fact]
    public void AdviceSaysItInOneSentence() =>
        Assert.Equal(
            "It would fit with [3] allocations, or with [1] threads per allocation, or with one more node of [8] processors and [314572800] bytes (300mb) of memory",
            ExplanationText.Of(new SmallestChange(3, 1, 8, 300L << 20)));

    [Fact]
    public void IsEmpty_WhenEverythingFits()
    {
        var explanation = Explain([Given.Node("a")], Given.Deployment());

        Assert.True(explanation.IsComplete);
        Assert.Empty(explanation.Nodes);
        Assert.Equal(SmallestChange.None, explanation.SmallestChange);
    }

    [Fact]
    public void AdviceWorks_WhateverTheCluster()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var cluster = RandomCluster.Of(seed);
            var plan = ClusterPlanner.Plan(cluster.Nodes, cluster.Deployments, cluster.Unreachable);
            foreach (var partial in plan.Values.Where(d => d.TotalAllocations < d.Parameters.NumberOfAllocations).Take(2))
                AdviceWorks(cluster, partial.Parameters);
        }
    }

    private static void AdviceWorks(RandomCluster cluster, TaskParameters asked)
    {
        var change = PlanExplanation.Explain(cluster.Nodes, cluster.Deployments, cluster.Unreachable, asked.DeploymentId).SmallestChange;
        if (change.NumberOfAllocations is { } allocations)
            Assert.True(Fits(cluster, asked with { NumberOfAllocations = allocations }));
        if (change.ThreadsPerAllocation is { } threads)
            Assert.True(Fits(cluster, asked with { ThreadsPerAllocation = threads }));
        Assert.NotNull(change.NewNodeProcessors);
        var node = new NodeSnapshot("zz", 1, change.NewNodeProcessors.Value, change.NewNodeMemoryBytes!.Value);
        Assert.True(Fits(cluster with { Nodes = cluster.Nodes.Add(node) }, asked));
    }

    private static bool Fits(RandomCluster cluster, TaskParameters asked)
    {
        var changed = cluster.Deployments.SetItem(asked.DeploymentId, cluster.Deployments[asked.DeploymentId] with { Parameters = asked });
        return ClusterPlanner.Plan(cluster.Nodes, changed, cluster.Unreachable)[asked.DeploymentId].TotalAllocations == asked.NumberOfAllocations;
    }

    [Fact]
    public void SaysWhatEachNodeHas_WhatIsFree_AndWhatOneMoreTakes()
    {
        var explanation = Explain([Given.Node("a", processors: 5), Given.Node("b", processors: 1)], Given.Deployment(allocations: 3, threads: 2));

        var memory = MemoryEstimate.Bytes(Given.Parameters(), 1);
        Assert.Equal(
            [
                new("a", 2, 5, 1, 2, 16 * Given.Gigabyte, (16 * Given.Gigabyte) - memory - MemoryEstimate.NodeOverheadBytes, 0),
                new NodeCapacity("b", 0, 1, 1, 2, 16 * Given.Gigabyte, 16 * Given.Gigabyte, memory + MemoryEstimate.NodeOverheadBytes),
            ],
            explanation.Capacity);
    }

    [Fact]
    public void NamesWhoWouldLoseAllocations()
    {
        const long Model = 2 * Given.Gigabyte;
        var deployments = Given.Plan(
            Given.Deployment("m", modelBytes: Model), Given.Deployment("low", priority: Priority.Low, modelBytes: Model, on: [("a", 1)]));

        var explanation = PlanExplanation.Explain([Given.Node("a", memoryBytes: 6 * Given.Gigabyte)], deployments, new HashSet<string>(), "m");

        Assert.Equal((true, "low"), (explanation.IsComplete, Assert.Single(explanation.Displaced)));
    }

    [Fact]
    public void ExplainsAPlanAsItStands_NotAsItWouldBePlannedAnew()
    {
        var plan = Given.Plan(Given.Deployment("m", allocations: 3, on: [("a", 1)]));

        var short3 = PlanExplanation.ExplainStanding([Given.Node("a", processors: 1)], plan, new HashSet<string>(), "m");
        var fits = PlanExplanation.ExplainStanding([Given.Node("a", processors: 4)], plan, new HashSet<string>(), "m");

        Assert.Equal((1, false, 1), (short3.PlacedAllocations, short3.FitsNow, short3.SmallestChange.NumberOfAllocations));
        Assert.Equal(ScarceResource.Processors, Assert.Single(short3.Nodes).Resource);
        Assert.Equal((1, true, SmallestChange.None), (fits.PlacedAllocations, fits.FitsNow, fits.SmallestChange));
        Assert.Empty(fits.Nodes);
    }

    [Fact]
    public void SpeaksOfWhatIsShort_ThenOfWhatWouldHelp()
    {
        var text = ExplanationText.Of(Explain([Given.Node("a", processors: 3)], Given.Deployment(allocations: 5)));

        Assert.StartsWith("Could not assign (more) allocations on node [a]. Reason: This node has insufficient allocated processors", text, StringComparison.Ordinal);
        Assert.Contains(". It would fit with [3] allocations, or with one more node of [2] processors", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void ExplainsTheLargestNumberThereIs(int threads)
    {
        var deployments = Given.Plan(
            Given.Deployment("m", allocations: int.MaxValue, threads: threads), Given.Deployment("other", allocations: 2, on: [("a", 2)]));

        var explanation = PlanExplanation.Explain([Given.Node("a", processors: 64)], deployments, new HashSet<string>(), "m");

        Assert.Equal((int.MaxValue, 62 / threads), (explanation.NumberOfAllocations, explanation.PlacedAllocations));
        Assert.Equal(62 / threads, explanation.SmallestChange.NumberOfAllocations);
    }

    [Fact]
    public void SaysSo_WhenThereIsNoNodeAtAll() =>
        Assert.StartsWith(ExplanationText.NoNodes, ExplanationText.Of(Explain([], Given.Deployment())), StringComparison.Ordinal);

    private static PlacementExplanation Explain(NodeSnapshot[] nodes, PlannedDeployment deployment) =>
        PlanExplanation.Explain(nodes, Given.Plan(deployment), new HashSet<string>(), "m");
}
