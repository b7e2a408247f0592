using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>The normal deployments and the nodes of one planning, by index: nodes in order of id, deployments in order of id.</summary>
internal sealed class PlacementProblem
{
    private readonly long[][] _lowBytes;

    /// <param name="nodes">Nodes that take allocations, in order of id.</param>
    /// <param name="deployments">All deployments, none of them above what it asked for.</param>
    /// <param name="unreachable">Nodes whose allocations stay as they are.</param>
    public PlacementProblem(IReadOnlyList<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable)
    {
        Nodes = nodes;
        var zones = nodes.Select(n => n.Zone).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        ZoneCount = Math.Max(1, zones.Count);
        Zone = [.. nodes.Select(n => zones.BinarySearch(n.Zone, StringComparer.Ordinal))];
        MemoryBytes = [.. nodes.Select(n => n.MemoryBytes - MemoryEstimate.NodeOverheadBytes)];
        var running = deployments.Values.Where(d => d.Stop == StopMode.None).ToList();
        var normal = running.Where(d => d.Parameters.Priority == Priority.Normal && (d.Parameters.NumberOfAllocations > 0 || !d.Allocations.IsEmpty)).ToList();
        var survivors = SurvivingAllocations.Of(nodes, normal);
        var mostProcessors = nodes.Count == 0 ? 0 : nodes.Max(n => n.Processors);
        Demands =
        [
            .. normal.Select((d, i) => new Demand(d, Elsewhere(d, unreachable), survivors[i], mostProcessors / d.Parameters.ThreadsPerAllocation)),
        ];
        IsAfterLoss = Array.Exists(Demands, d => d.MustRun && d.Guaranteed == 0 && !d.Deployment.Allocations.IsEmpty);
        _lowBytes = [.. nodes.Select(n => LowPrefix(running, n.NodeId))];
    }

    public IReadOnlyList<NodeSnapshot> Nodes { get; }

    public Demand[] Demands { get; }

    /// <summary>Memory for deployments, by node: the overhead of its workers is set aside.</summary>
    public long[] MemoryBytes { get; }

    /// <summary>Index of each node's zone.</summary>
    public int[] Zone { get; }

    public int ZoneCount { get; }

    /// <summary>Whether a deployment has just lost its last allocation with its node. Only then may it take from those that run more than one on a node.</summary>
    public bool IsAfterLoss { get; }

    /// <summary>How many of the low priority deployments on a node no longer fit into the memory that is left, the smallest being kept first.</summary>
    public int LowEvicted(int node, long freeMemoryBytes)
    {
        var bytes = _lowBytes[node];
        var kept = bytes.Length;
        while (kept > 0 && bytes[kept - 1] > freeMemoryBytes)
            kept--;
        return bytes.Length - kept;
    }

    private static int Elsewhere(PlannedDeployment deployment, IReadOnlySet<string> unreachable) =>
        deployment.Allocations.Where(a => unreachable.Contains(a.NodeId)).Sum(a => a.Allocations);

    /// <summary>Memory of the smallest, of the two smallest, and so on.</summary>
    private static long[] LowPrefix(List<PlannedDeployment> running, string nodeId)
    {
        var sum = (Int128)0;
        return
        [
            .. running.Where(d => d.Parameters.Priority == Priority.Low && d.AllocationsOn(nodeId) > 0)
                .Select(d => MemoryEstimate.Bytes(d.Parameters, 1)).Order()
                .Select(bytes => (long)Int128.Min(long.MaxValue, sum += bytes)),
        ];
    }
}
