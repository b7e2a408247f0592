using System.Globalization;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>Says in words why allocations are missing.</summary>
internal static class PlanExplanation
{
    /// <summary>One entry per node that cannot take one more allocation, memory before processors; null when nothing is missing.</summary>
    public static string? Missing(PlannedDeployment deployment, IReadOnlyCollection<NodeRoom> rooms)
    {
        var asked = deployment.Parameters;
        if (deployment.TotalAllocations >= asked.NumberOfAllocations)
            return null;
        return rooms.Count == 0
            ? "There are no nodes that run models in the cluster"
            : string.Join("|", rooms.Select(room => Shortfall(asked, room)));
    }

    private static string Shortfall(TaskParameters asked, NodeRoom room)
    {
        var required = room.ExtraMemory(asked, 1);
        return required > room.FreeMemoryBytes
            ? string.Create(CultureInfo.InvariantCulture, $"Could not assign (more) allocations on node [{room.NodeId}]. Reason: This node has insufficient available memory. " +
                $"Available memory for ML [{room.Snapshot.MemoryBytes}] bytes, free [{Math.Max(0, room.FreeMemoryBytes)}] bytes, memory required for an allocation [{required}] bytes")
            : string.Create(CultureInfo.InvariantCulture, $"Could not assign (more) allocations on node [{room.NodeId}]. Reason: This node has insufficient allocated processors. " +
                $"Available processors [{room.Snapshot.Processors}], free processors [{room.FreeProcessors}], processors required for each allocation [{asked.ThreadsPerAllocation}]");
    }
}
