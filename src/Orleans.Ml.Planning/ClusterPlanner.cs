using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>
/// Decides how many allocations of each deployment run on each node. Of all placements within the constraints it looks for the one that takes no allocation from a
/// running normal deployment, leaves the fewest that ever ran with nothing, places the most allocations, loses the fewest of them with the fullest zone of each deployment, and
/// loads models on the fewest nodes, each of these goals outweighing all later ones; then for the one that evicts the fewest of low priority and moves least.
/// </summary>
/// <remarks>
/// <para>Constraints (deployment-runtime.md §3.5): per node, the threads of normal deployments stay within its processors and the memory of all deployments within its
/// memory, one copy of a model per node; a deployment never gets more than it asked for, and keeps at least one allocation on every node it is on, so that
/// a move never unloads before it loads. A node that is gone, or came back too small, takes what ran there with it (<see cref="SurvivingAllocations"/>).</para>
/// <para>When a deployment has just lost its last allocation with its node, the first two goals change places: it gets one, if need be from those that run several on a
/// node. A start or an update never takes from anybody.</para>
/// <para>Equal input gives an equal plan, and a plan planned again is itself: the search is repeated until it changes nothing. Ties between equally good placements: the
/// one that was found first, in the order <see cref="PlacementSearch"/> looks; there the lower deployment id, then the lower node id.</para>
/// </remarks>
public static class ClusterPlanner
{
    /// <summary>Each round gives a better plan, so this is only a fence; two rounds are usual.</summary>
    private const int MaxRounds = 10;

    /// <summary>Plans all deployments. One that does not change is returned as the same instance, and so is the whole when none does.</summary>
    /// <param name="nodes">Nodes that answer. One that is leaving is planned as if it were gone, but keeps what it has until it is.</param>
    /// <param name="deployments">All deployments with what they have now; a new one has no allocations yet.</param>
    /// <param name="unreachable">Nodes that are members but do not answer: what is planned there stays, nothing is added.</param>
    public static PlannedDeployments Plan(IEnumerable<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable)
    {
        var all = nodes.ToList();
        var leaving = new LeavingNodes(all, unreachable);
        var compute = all.Where(n => n.TakesAllocations).OrderBy(n => n.NodeId, StringComparer.Ordinal).ToList();
        var plan = deployments.SetItems(Changed(deployments, d => d.Stop == StopMode.None ? leaving.Reduce(d, compute) : d));
        List<NodeRoom> rooms;
        var round = 0;
        PlannedDeployments before;
        do
        {
            before = plan;
            rooms = Place(compute, before, unreachable);
            plan = before.SetItems(Changed(before, d => Settle(d, rooms, unreachable)));
        }
        while (!ReferenceEquals(before, plan) && ++round < MaxRounds);

        return deployments.SetItems(Changed(deployments, d => Explain(d, leaving.Keep(d, plan[d.Parameters.DeploymentId]), rooms)));
    }

    /// <summary>One round: what each node runs.</summary>
    private static List<NodeRoom> Place(List<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable)
    {
        var problem = new PlacementProblem(nodes, deployments, unreachable);
        var draft = PlacementSearch.Best(problem);
        var rooms = nodes.ConvertAll(n => new NodeRoom(n));
        for (var d = 0; d < problem.Demands.Length; d++)
        {
            for (var n = 0; n < rooms.Count; n++)
                rooms[n].Take(problem.Demands[d].Deployment.Parameters, draft.AllocationsOf(d, n));
        }

        var low = deployments.Values.Where(d => d.Stop == StopMode.None && d.Parameters.Priority == Priority.Low);
        EvictionPlanner.Place(low.Where(d => !d.Allocations.Any(a => unreachable.Contains(a.NodeId))), rooms);
        return rooms;
    }

    /// <summary>A deployment that is being stopped gets nothing and waits only for nodes that are still there.</summary>
    private static PlannedDeployment Settle(PlannedDeployment before, List<NodeRoom> rooms, IReadOnlySet<string> unreachable)
    {
        var allocations = before.Stop == StopMode.None
            ? AllocationsOf(before, rooms, unreachable)
            : before.Allocations.RemoveAll(a => !unreachable.Contains(a.NodeId) && !rooms.Exists(r => r.NodeId == a.NodeId));
        return allocations.SequenceEqual(before.Allocations)
            ? before
            : before with { Allocations = allocations, WasAllocated = before.WasAllocated || !allocations.IsEmpty };
    }

    private static ImmutableArray<NodeAllocations> AllocationsOf(PlannedDeployment before, List<NodeRoom> rooms, IReadOnlySet<string> unreachable) =>
    [
        .. rooms.Select(r => new NodeAllocations(r.NodeId, r.AllocationsOf(before.Parameters.DeploymentId)))
            .Where(a => a.Allocations > 0)
            .Concat(before.Allocations.Where(a => unreachable.Contains(a.NodeId)))
            .OrderBy(a => a.NodeId, StringComparer.Ordinal),
    ];

    private static PlannedDeployment Explain(PlannedDeployment before, PlannedDeployment after, List<NodeRoom> rooms)
    {
        var reason = after.Stop == StopMode.None ? PlanExplanation.Missing(after, rooms) : after.Reason;
        return after.Allocations.SequenceEqual(before.Allocations) && reason == before.Reason ? before : after with { Reason = reason };
    }

    private static IEnumerable<KeyValuePair<string, PlannedDeployment>> Changed(PlannedDeployments deployments, Func<PlannedDeployment, PlannedDeployment> change) =>
        deployments.Select(d => KeyValuePair.Create(d.Key, change(d.Value))).Where(d => !ReferenceEquals(d.Value, deployments[d.Key]));
}
