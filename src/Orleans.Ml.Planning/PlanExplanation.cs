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
        var displaced = plan.Values.Where(d => d.Parameters.DeploymentId != deploymentId && d.TotalAllocations < deployments[d.Parameters.DeploymentId].TotalAllocations);
        return Of(plan[deploymentId], NodeRoom.After(nodes, plan)) with
        {
            Displaced = [.. displaced.Select(d => d.Parameters.DeploymentId)],
            SmallestChange = IsComplete(plan[deploymentId]) ? SmallestChange.None : new SmallestChangeSearch(nodes, deployments, unreachable).For(plan[deploymentId]),
        };
    }

    /// <summary>Explains a plan that stands. Room that was freed without a new plan may be enough for what is missing.</summary>
    public static PlacementExplanation ExplainStanding(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments plan, IReadOnlySet<string> unreachable, string deploymentId)
    {
        var planned = plan[deploymentId];
        var explanation = Of(planned, NodeRoom.After(nodes, plan));
        if (IsComplete(planned))
            return explanation;
        var search = new SmallestChangeSearch(nodes, plan, unreachable);
        return search.FitsUnchanged(planned.Parameters)
            ? explanation with { FitsNow = true }
            : explanation with { SmallestChange = search.For(planned) };
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

    private static PlacementExplanation Of(PlannedDeployment planned, IReadOnlyCollection<NodeRoom> rooms) => new(
        planned.Parameters.DeploymentId,
        planned.Parameters.NumberOfAllocations,
        planned.TotalAllocations,
        IsComplete(planned) ? [] : Shortfalls(planned.Parameters, rooms),
        SmallestChange.None,
        [.. rooms.Select(r => Capacity(planned.Parameters, r))],
        []);

    private static bool IsComplete(PlannedDeployment planned) =>
        planned.Stop != StopMode.None || planned.TotalAllocations >= planned.Parameters.NumberOfAllocations;

    private static NodeCapacity Capacity(TaskParameters asked, NodeRoom room) => new(
        room.NodeId,
        room.AllocationsOf(asked.DeploymentId),
        room.Snapshot.Processors,
        room.FreeProcessors,
        asked.Priority == Priority.Low ? 0 : asked.ThreadsPerAllocation,
        room.Snapshot.MemoryBytes,
        FreeMemory(room),
        NeededMemory(asked, room));

    private static ImmutableArray<NodeShortfall> Shortfalls(TaskParameters asked, IReadOnlyCollection<NodeRoom> rooms) =>
        [.. rooms.Where(r => r.RoomFor(asked, 1) == 0).Select(r => Shortfall(asked, r))];

    private static NodeShortfall Shortfall(TaskParameters asked, NodeRoom room)
    {
        if (room.ExtraMemory(asked, 1) > room.FreeMemoryBytes)
            return new(room.NodeId, ScarceResource.Memory, room.Snapshot.MemoryBytes, FreeMemory(room), NeededMemory(asked, room));
        return asked.Priority == Priority.Low
            ? new(room.NodeId, ScarceResource.LowPriorityDeployments, EvictionPlanner.MostPerNode, EvictionPlanner.MostPerNode - room.LowPriority, 1)
            : new(room.NodeId, ScarceResource.Processors, room.Snapshot.Processors, room.FreeProcessors, asked.ThreadsPerAllocation);
    }

    // The first worker of a node brings the overhead with it; it is then part of what is free and of what is required (§3.9).
    private static long Overhead(NodeRoom room) => room.IsEmpty ? MemoryEstimate.NodeOverheadBytes : 0;

    private static long FreeMemory(NodeRoom room) => Math.Max(0, room.FreeMemoryBytes + Overhead(room));

    private static long NeededMemory(TaskParameters asked, NodeRoom room)
    {
        var (required, overhead) = (room.ExtraMemory(asked, 1), Overhead(room));
        return required > long.MaxValue - overhead ? long.MaxValue : required + overhead;
    }
}
