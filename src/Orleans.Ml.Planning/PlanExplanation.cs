using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>Says why allocations are missing, and the smallest change with which they would not be.</summary>
public static class PlanExplanation
{
    /// <summary>Plans, and explains what became of one deployment. The parameters are those of <see cref="ClusterPlanner.Plan"/>.</summary>
    public static PlacementExplanation Explain(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable, string deploymentId)
    {
        var plan = ClusterPlanner.Plan(nodes, deployments, unreachable);
        var planned = plan[deploymentId];
        var asked = planned.Parameters;
        var isComplete = planned.Stop != StopMode.None || planned.TotalAllocations >= asked.NumberOfAllocations;
        return new(
            deploymentId,
            asked.NumberOfAllocations,
            planned.TotalAllocations,
            isComplete ? [] : Shortfalls(asked, NodeRoom.After(nodes, plan)),
            isComplete ? SmallestChange.None : new SmallestChangeSearch(nodes, deployments, unreachable).For(plan[deploymentId]));
    }

    /// <summary>One entry per node that cannot take one more allocation, memory before processors; null when nothing is missing.</summary>
    internal static string? Missing(PlannedDeployment deployment, IReadOnlyCollection<NodeRoom> rooms)
    {
        if (deployment.TotalAllocations >= deployment.Parameters.NumberOfAllocations)
            return null;
        if (rooms.Count == 0)
            return ExplanationText.NoNodes;
        var shortfalls = Shortfalls(deployment.Parameters, rooms);
        return shortfalls.IsEmpty ? null : ExplanationText.Of(shortfalls);
    }

    private static ImmutableArray<NodeShortfall> Shortfalls(TaskParameters asked, IReadOnlyCollection<NodeRoom> rooms) =>
        [.. rooms.Where(r => r.RoomFor(asked, 1) == 0).Select(r => Shortfall(asked, r))];

    private static NodeShortfall Shortfall(TaskParameters asked, NodeRoom room)
    {
        // The first worker of a node brings the overhead with it; it is then part of what is free and of what is required (§3.9).
        var overhead = room.IsEmpty ? MemoryEstimate.NodeOverheadBytes : 0;
        var required = room.ExtraMemory(asked, 1);
        if (required > room.FreeMemoryBytes)
        {
            var requiredInAll = required > long.MaxValue - overhead ? long.MaxValue : required + overhead;
            return new(room.NodeId, ScarceResource.Memory, room.Snapshot.MemoryBytes, Math.Max(0, room.FreeMemoryBytes + overhead), requiredInAll);
        }

        return asked.Priority == Priority.Low
            ? new(room.NodeId, ScarceResource.LowPriorityDeployments, EvictionPlanner.MostPerNode, EvictionPlanner.MostPerNode - room.LowPriority, 1)
            : new(room.NodeId, ScarceResource.Processors, room.Snapshot.Processors, room.FreeProcessors, asked.ThreadsPerAllocation);
    }
}
