using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference.Tests;

/// <summary>Two coordinators by accident, each with a plan of its own that fills the node.</summary>
public sealed class TwoCoordinatorsTests
{
    private const int Processors = 4;

    [Fact]
    public async Task NeverOvercommitTheNode_WhateverTheOrderOfTheirPlans()
    {
        await using var node = new NodeFixture(processors: Processors, answersByItself: true);
        var random = new Random(17);
        for (var turn = 0; turn < 300; turn++)
        {
            // Each counts its plans by itself, so versions repeat, overtake each other and contradict.
            var coordinator = random.Next(2);
            var target = Given.Target(turn + random.Next(-3, 4), [.. Deployments(coordinator, random)]);

            node.Runtime.Apply(target);

            Assert.InRange(node.ProcessorsUsed, 0, Processors);
            Assert.InRange(node.Runtime.GetRoutes().Where(r => r.Route.State is RoutingState.Started or RoutingState.Stopping).Sum(r => r.Route.CurrentAllocations), 0, Processors);
        }
    }

    [Fact]
    public async Task TheNewerPlanWins_AndWhatItDropsLeavesFirst()
    {
        await using var node = new NodeFixture(processors: Processors);
        var worker = await node.ServeAsync(5, Given.Deployment("one", allocations: Processors));
        var (running, request) = await node.RunAsync(worker, "one");

        var decision = node.Apply(6, Given.Deployment("two", allocations: Processors));
        var stale = node.Apply(5, Given.Deployment("one", allocations: Processors));

        Assert.Equal(["two"], decision.Pending.Keys);
        Assert.False(stale.IsAccepted);
        Assert.Equal(Processors, node.ProcessorsUsed);
        worker.Answer(request);
        Assert.True((await running).IsOk);
        await node.WaitForAsync("two", RoutingState.Started);
        Assert.Equal(Processors, node.ProcessorsUsed);
    }

    private static IEnumerable<DeploymentTarget> Deployments(int coordinator, Random random)
    {
        for (var left = Processors; left > 0;)
        {
            var allocations = random.Next(1, left + 1);
            left -= allocations;
            yield return Given.Deployment($"{coordinator}-{left}", allocations, incarnation: random.Next(1, 4));
        }
    }
}
