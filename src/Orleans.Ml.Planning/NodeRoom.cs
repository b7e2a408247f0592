using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>What is left of one node while deployments are put on it one after the other. Mutable, and private to one planning.</summary>
internal sealed class NodeRoom(NodeSnapshot node)
{
    private readonly Dictionary<string, int> _allocations = new(StringComparer.Ordinal);

    public string NodeId => Snapshot.NodeId;

    public NodeSnapshot Snapshot { get; } = node;

    public int FreeProcessors { get; private set; } = node.Processors;

    /// <summary>The overhead of the first worker is set aside from the start.</summary>
    public long FreeMemoryBytes { get; private set; } = node.MemoryBytes - MemoryEstimate.NodeOverheadBytes;

    public bool IsEmpty => _allocations.Count == 0;

    /// <summary>Low priority deployments on the node.</summary>
    public int LowPriority { get; private set; }

    /// <summary>What a plan leaves of each node that takes allocations, in order of id.</summary>
    public static IReadOnlyCollection<NodeRoom> After(IEnumerable<NodeSnapshot> nodes, IReadOnlyDictionary<string, PlannedDeployment> plan)
    {
        var rooms = nodes.Where(n => n.TakesAllocations).OrderBy(n => n.NodeId, StringComparer.Ordinal).Select(n => new NodeRoom(n)).ToList();
        foreach (var deployment in plan.Values.Where(d => d.Stop == StopMode.None))
        {
            foreach (var room in rooms)
                room.Take(deployment.Parameters, deployment.AllocationsOn(room.NodeId));
        }

        return rooms;
    }

    public int AllocationsOf(string deploymentId) => _allocations.GetValueOrDefault(deploymentId);

    /// <summary>How many more allocations fit, at most <paramref name="wanted"/>. Low priority counts memory only.</summary>
    public int RoomFor(TaskParameters asked, int wanted)
    {
        var isLow = asked.Priority == Priority.Low;
        var count = isLow ? wanted : Math.Min(wanted, FreeProcessors / asked.ThreadsPerAllocation);
        while (count > 0 && ExtraMemory(asked, count) > FreeMemoryBytes)
            count--;
        return isLow && LowPriority >= EvictionPlanner.MostPerNode ? 0 : Math.Max(0, count);
    }

    public void Take(TaskParameters asked, int count)
    {
        if (count == 0)
            return;
        FreeMemoryBytes -= ExtraMemory(asked, count);
        if (asked.Priority == Priority.Normal)
            FreeProcessors -= count * asked.ThreadsPerAllocation;
        else
            LowPriority++;
        _allocations[asked.DeploymentId] = AllocationsOf(asked.DeploymentId) + count;
    }

    /// <summary>All allocations of a deployment share one copy of the model, so another one costs only the difference.</summary>
    public long ExtraMemory(TaskParameters asked, int count)
    {
        var hosted = AllocationsOf(asked.DeploymentId);
        return MemoryEstimate.Bytes(asked, hosted + count) - MemoryEstimate.Bytes(asked, hosted);
    }
}
