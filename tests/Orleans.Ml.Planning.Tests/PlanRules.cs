using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning.Tests;

/// <summary>The hard constraints, checked on the records alone.</summary>
internal static class PlanRules
{
    public static void Hold(
        IReadOnlyCollection<NodeSnapshot> nodes,
        ImmutableSortedDictionary<string, PlannedDeployment> asked,
        IReadOnlySet<string> unreachable,
        ImmutableSortedDictionary<string, PlannedDeployment> plan)
    {
        Assert.Equal(asked.Keys, plan.Keys);
        foreach (var node in nodes)
            NodeIsNotOvercommitted(node, [.. plan.Values.Where(d => d.Stop == StopMode.None && d.AllocationsOn(node.NodeId) > 0)]);
        foreach (var (id, after) in plan)
        {
            var before = asked[id];
            Assert.All(after.Allocations, a => Assert.True(a.Allocations > 0));
            Assert.Equal(after.Allocations.Select(a => a.NodeId).Distinct().Order(StringComparer.Ordinal), after.Allocations.Select(a => a.NodeId));
            Assert.All(after.Allocations, a => Assert.True(unreachable.Contains(a.NodeId) || nodes.Any(n => n.NodeId == a.NodeId)));
            Assert.Equal((before.Parameters, before.Incarnation, before.StartTime, before.Stop), (after.Parameters, after.Incarnation, after.StartTime, after.Stop));
            if (before.Stop != StopMode.None)
                Assert.Subset(before.Allocations.ToHashSet(), after.Allocations.ToHashSet());
            else
                DeploymentIsTreatedWell(nodes, AllocationReduction.Apply(before, nodes), unreachable, after);
        }

        RunningDeploymentsLoseNothing(nodes, asked, unreachable, plan);
    }

    private static void NodeIsNotOvercommitted(NodeSnapshot node, List<PlannedDeployment> here)
    {
        var low = here.Where(d => d.Parameters.Priority == Priority.Low).ToList();
        Assert.True(here.Except(low).Sum(d => d.AllocationsOn(node.NodeId) * d.Parameters.ThreadsPerAllocation) <= node.Processors);
        Assert.True(here.Sum(d => MemoryEstimate.Bytes(d.Parameters, d.AllocationsOn(node.NodeId))) <= Math.Max(0, node.MemoryBytes - MemoryEstimate.NodeOverheadBytes));
        Assert.True(low.Count <= 100);
        Assert.All(low, d => Assert.Equal(1, d.AllocationsOn(node.NodeId)));
    }

    private static void DeploymentIsTreatedWell(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployment before, IReadOnlySet<string> unreachable, PlannedDeployment after)
    {
        Assert.True(after.TotalAllocations <= after.Parameters.NumberOfAllocations);
        Assert.Equal(before.Allocations.Where(a => unreachable.Contains(a.NodeId)), after.Allocations.Where(a => unreachable.Contains(a.NodeId)));
        Assert.Equal(before.WasAllocated || after.TotalAllocations > 0, after.WasAllocated);
        if (after.TotalAllocations < after.Parameters.NumberOfAllocations)
            Assert.NotNull(after.Reason);
        else
            Assert.Null(after.Reason);
    }

    private static void RunningDeploymentsLoseNothing(
        IReadOnlyCollection<NodeSnapshot> nodes,
        ImmutableSortedDictionary<string, PlannedDeployment> asked,
        IReadOnlySet<string> unreachable,
        ImmutableSortedDictionary<string, PlannedDeployment> plan)
    {
        var ordered = nodes.OrderBy(n => n.NodeId, StringComparer.Ordinal).ToList();
        var normal = asked.Values.Where(d => d is { Stop: StopMode.None, Parameters.Priority: Priority.Normal })
            .Select(d => AllocationReduction.Apply(d, nodes)).ToList();
        var survivors = SurvivingAllocations.Of(ordered, normal);
        var lostAll = normal.Select((d, i) => d.WasAllocated && d.TotalAllocations > 0 && survivors[i].Sum() == 0 && !d.Allocations.Any(a => unreachable.Contains(a.NodeId)));
        var isAfterLoss = lostAll.Any(l => l);
        for (var i = 0; i < normal.Count; i++)
        {
            var after = plan[normal[i].Parameters.DeploymentId];
            for (var n = 0; n < ordered.Count; n++)
                Assert.True(after.AllocationsOn(ordered[n].NodeId) >= Math.Min(1, survivors[i][n]), "a deployment left a node it was on");
            if (!isAfterLoss)
                Assert.True(ordered.Sum(n => after.AllocationsOn(n.NodeId)) >= survivors[i].Sum(), "a running deployment lost allocations");
        }
    }
}
