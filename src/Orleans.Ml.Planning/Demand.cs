using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>What one normal deployment asks of the nodes that are being planned.</summary>
/// <param name="deployment">The deployment.</param>
/// <param name="elsewhere">Allocations it has on nodes that are not planned now because they do not answer.</param>
/// <param name="survivors">Allocations that stay with it, by index of node.</param>
/// <param name="mostOnOneNode">No node has processors for more allocations than this.</param>
internal sealed class Demand(PlannedDeployment deployment, int elsewhere, int[] survivors, int mostOnOneNode)
{
    // Without a figure per allocation the estimate does not grow, and one entry says it all.
    private readonly long[] _memoryBytes =
    [
        .. Enumerable.Range(0, deployment.Parameters.PerAllocationMemoryBytes == 0 ? 2 : mostOnOneNode + 1)
            .Select(n => MemoryEstimate.Bytes(deployment.Parameters, n)),
    ];

    public PlannedDeployment Deployment { get; } = deployment;

    public int Threads { get; } = deployment.Parameters.ThreadsPerAllocation;

    /// <summary>Allocations it had on each node before; it keeps at least one of them there.</summary>
    public int[] Survivors { get; } = survivors;

    /// <summary>The total that a start or update of another deployment must leave it.</summary>
    public int Guaranteed { get; } = survivors.Sum();

    /// <summary>The most it may get on the nodes that are planned.</summary>
    public int Limit { get; } = Math.Max(deployment.Parameters.NumberOfAllocations - elsewhere, survivors.Sum());

    /// <summary>Whether it ever ran, so that it must not end with nothing.</summary>
    public bool MustRun { get; } = deployment.WasAllocated && elsewhere == 0 && deployment.Parameters.NumberOfAllocations > 0;

    /// <summary>Memory in bytes of a number of allocations on one node.</summary>
    public long MemoryBytes(int allocations) => _memoryBytes[Math.Min(allocations, _memoryBytes.Length - 1)];

    /// <summary>How many more allocations fit beside those a node has, at most <paramref name="wanted"/>.</summary>
    public int RoomFor(int wanted, int hosted, int freeProcessors, long freeMemoryBytes)
    {
        var count = Math.Min(wanted, freeProcessors / Threads);
        while (count > 0 && MemoryBytes(hosted + count) - MemoryBytes(hosted) > freeMemoryBytes)
            count = _memoryBytes.Length == 2 ? 0 : count - 1;
        return Math.Max(0, count);
    }
}
