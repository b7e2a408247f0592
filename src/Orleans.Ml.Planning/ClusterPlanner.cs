using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>
/// Decides how many allocations of each deployment run on each node. The plan keeps what runs, then serves deployments that once ran and now have nothing,
/// then places as many of the missing allocations as fit; low priority gets what memory is left. Equal input gives an equal plan.
/// </summary>
/// <remarks>
/// Hard constraints (deployment-runtime.md §3.5): per node, the threads of normal deployments stay within its processors and the memory of all deployments
/// within its memory; a deployment never gets more than it asked for.
/// </remarks>
public static class ClusterPlanner
{
    /// <summary>Plans all deployments. One that does not change is returned as the same instance.</summary>
    /// <param name="nodes">Nodes that can take allocations.</param>
    /// <param name="deployments">All deployments with what they have now; a new one has no allocations yet.</param>
    /// <param name="unreachable">Nodes that are members but do not answer: what is planned there stays, nothing is added.</param>
    public static PlannedDeployments Plan(IEnumerable<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable)
    {
        var rooms = nodes.OrderBy(n => n.NodeId, StringComparer.Ordinal).Select(n => new NodeRoom(n)).ToList();
        var running = deployments.Values.Where(d => d.Stop == StopMode.None).ToList();
        var normal = running.Where(d => d.Parameters.Priority == Priority.Normal).ToList();
        var low = running.Where(d => d.Parameters.Priority == Priority.Low).OrderBy(d => MemoryEstimate.Bytes(d.Parameters, 1)).ToList();

        foreach (var deployment in normal)
            Keep(deployment, rooms);
        foreach (var deployment in normal.Where(d => d.WasAllocated && Placed(d, rooms, unreachable) == 0))
            Fill(deployment, rooms, unreachable, atMost: 1);
        foreach (var deployment in normal.OrderByDescending(d => d.WasAllocated))
            Fill(deployment, rooms, unreachable, int.MaxValue);
        foreach (var deployment in low)
            Keep(deployment, rooms);
        foreach (var deployment in low)
            Fill(deployment, rooms, unreachable, int.MaxValue);

        return deployments.SetItems(deployments
            .Select(d => KeyValuePair.Create(d.Key, d.Value.Stop == StopMode.None ? Settle(d.Value, rooms, unreachable) : LetGo(d.Value, rooms, unreachable)))
            .Where(d => !ReferenceEquals(d.Value, deployments[d.Key])));
    }

    /// <summary>What the deployment has stays, node by node, as far as the node still has the room and the deployment still wants it.</summary>
    private static void Keep(PlannedDeployment deployment, List<NodeRoom> rooms)
    {
        var wanted = deployment.Parameters.NumberOfAllocations;
        foreach (var room in rooms)
        {
            var count = room.RoomFor(deployment.Parameters, Math.Min(wanted, deployment.AllocationsOn(room.NodeId)));
            if (count == 0)
                continue;
            room.Take(deployment.Parameters, count);
            wanted -= count;
        }
    }

    /// <summary>Missing allocations go to nodes that hold the model already, then to the roomiest; ties go to the lower node id.</summary>
    private static void Fill(PlannedDeployment deployment, List<NodeRoom> rooms, IReadOnlySet<string> unreachable, int atMost)
    {
        var asked = deployment.Parameters;
        var missing = Math.Min(atMost, asked.NumberOfAllocations - Placed(deployment, rooms, unreachable));
        var byPreference = rooms
            .OrderByDescending(r => r.Hosts(asked.DeploymentId))
            .ThenByDescending(r => asked.Priority == Priority.Normal ? r.FreeProcessors : 0)
            .ThenByDescending(r => r.FreeMemoryBytes)
            .ToList();
        foreach (var room in byPreference)
        {
            var count = room.RoomFor(asked, missing);
            if (count == 0)
                continue;
            room.Take(asked, count);
            missing -= count;
        }
    }

    private static int Placed(PlannedDeployment deployment, List<NodeRoom> rooms, IReadOnlySet<string> unreachable) =>
        rooms.Sum(r => r.AllocationsOf(deployment.Parameters.DeploymentId)) + Unreachable(deployment, unreachable).Sum(a => a.Allocations);

    private static IEnumerable<NodeAllocations> Unreachable(PlannedDeployment deployment, IReadOnlySet<string> unreachable) =>
        deployment.Allocations.Where(a => unreachable.Contains(a.NodeId));

    private static PlannedDeployment Settle(PlannedDeployment before, List<NodeRoom> rooms, IReadOnlySet<string> unreachable)
    {
        var id = before.Parameters.DeploymentId;
        ImmutableArray<NodeAllocations> allocations =
        [
            .. rooms.Where(r => r.Hosts(id)).Select(r => new NodeAllocations(r.NodeId, r.AllocationsOf(id)))
                .Concat(Unreachable(before, unreachable))
                .OrderBy(a => a.NodeId, StringComparer.Ordinal),
        ];
        var reason = PlanExplanation.Missing(before.Parameters, allocations.Sum(a => a.Allocations), rooms);
        return allocations.SequenceEqual(before.Allocations) && reason == before.Reason
            ? before
            : before with { Allocations = allocations, Reason = reason, WasAllocated = before.WasAllocated || !allocations.IsEmpty };
    }

    /// <summary>A deployment that is being stopped waits only for nodes that are still there.</summary>
    private static PlannedDeployment LetGo(PlannedDeployment before, List<NodeRoom> rooms, IReadOnlySet<string> unreachable)
    {
        var left = before.Allocations.RemoveAll(a => !unreachable.Contains(a.NodeId) && !rooms.Exists(r => r.NodeId == a.NodeId));
        return left.Length == before.Allocations.Length ? before : before with { Allocations = left };
    }
}
