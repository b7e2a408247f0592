using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>What has to happen elsewhere before a node can stop without anybody noticing.</summary>
public static class Takeovers
{
    /// <summary>One entry for each running deployment that a leaving node holds, in order of id.</summary>
    /// <param name="nodeId">The leaving node.</param>
    /// <param name="nodes">Nodes that answer; those that leave as well take nothing over.</param>
    /// <param name="plan">The plan, which counts the node as leaving already.</param>
    public static ImmutableArray<Takeover> Of(string nodeId, IEnumerable<NodeSnapshot> nodes, ClusterPlan plan)
    {
        var staying = nodes.Where(n => n.TakesAllocations && n.NodeId != nodeId).Select(n => n.NodeId).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. plan.Deployments.Values.Where(d => d.Stop == StopMode.None && d.AllocationsOn(nodeId) > 0)
                .Select(d => new Takeover(d.Parameters.DeploymentId, d.Incarnation, d.Allocations.RemoveAll(a => !staying.Contains(a.NodeId)))),
        ];
    }

    /// <summary>Whether everything runs elsewhere that should, or nothing more is to be expected: a failed route is not tried again before the next plan.</summary>
    public static bool IsDone(Takeover takeover, Assignment? assignment) =>
        assignment?.Incarnation != takeover.Incarnation
        || assignment.State == AssignmentState.Stopping
        || takeover.Elsewhere.All(a => assignment.RoutingTable.TryGetValue(a.NodeId, out var route)
            && (route.State == RoutingState.Failed || (route.State == RoutingState.Started && route.CurrentAllocations >= a.Allocations)));

    /// <summary>Whether requests have somewhere else to go.</summary>
    public static bool IsServedElsewhere(Takeover takeover, Assignment? assignment) =>
        takeover.Elsewhere.Any(a => assignment?.RoutingTable.TryGetValue(a.NodeId, out var route) == true && route.IsRoutable);
}
