using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Tests;

[Collection(ClusterFixture.OnePlan)]
public sealed class ExplanationTests(ClusterFixture cluster)
{
    private IPlacementGrain Placement => cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    [Fact]
    public async Task AProposedStart_SaysWhereItWouldRun_AndWritesNothing()
    {
        await cluster.CreateModelAsync("proposed");
        var before = await Placement.GetPlanAsync();

        var explanation = await cluster.Deployment("proposed").ProposeStartAsync(new StartDeployment("proposed", "proposed", 2));

        Assert.Equal((true, 2), (explanation.IsComplete, explanation.Capacity.Sum(c => c.PlannedAllocations)));
        Assert.Null(await cluster.Deployment("proposed").GetAsync());
        Assert.DoesNotContain("proposed", (await Placement.GetPlanAsync()).Deployments.Keys);
        Assert.Equal(before.Version, (await Placement.GetPlanAsync()).Version);
    }

    [Fact]
    public async Task AProposedStart_IsRefusedAsTheStartIs()
    {
        await cluster.CreateModelAsync("impossible");
        var asked = new StartDeployment("impossible", "impossible", 100, 32);

        var proposal = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("impossible").ProposeStartAsync(asked));
        var start = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("impossible").StartAsync(asked));

        Assert.Equal(MlErrorKind.NoCapacity, start.Kind);
        Assert.Equal((start.Kind, start.Message, start.InnerException!.Message), (proposal.Kind, proposal.Message, proposal.InnerException!.Message));
        foreach (var node in cluster.Cluster.Silos)
            Assert.Contains($"[{node.Name}]", start.InnerException.Message, StringComparison.Ordinal);
        Assert.Contains("processors required for each allocation [32]", start.InnerException.Message, StringComparison.Ordinal);
        Assert.Contains("It would fit with [", start.InnerException.Message, StringComparison.Ordinal);
        Assert.Contains("one more node of [", start.InnerException.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunningDeployment_IsExplained()
    {
        await cluster.CreateModelAsync("explained");
        var assignment = await cluster.StartAsync("explained", allocations: 3, threads: 2);

        var explanation = await Placement.ExplainAsync("explained");

        Assert.Equal((3, 3), (explanation!.NumberOfAllocations, explanation.PlacedAllocations));
        var (node, route) = Assert.Single(assignment.RoutingTable);
        var there = explanation.Capacity.Single(c => c.NodeId == node);
        Assert.Equal((route.TargetAllocations, 2), (there.PlannedAllocations, there.NeededProcessors));
        Assert.InRange(there.FreeProcessors, 0, there.Processors - 6);
        Assert.Null(await Placement.ExplainAsync("not-there"));
    }
}
