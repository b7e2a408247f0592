using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>Tries changes by planning with them, so that what is advised is what would happen.</summary>
internal sealed class SmallestChangeSearch(IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable)
{
    /// <summary>More processors than any machine has: nobody could follow the advice, and sums of processors stay far from their limit.</summary>
    private const int MostProcessors = 1 << 20;

    /// <param name="planned">The deployment as planned, with allocations missing.</param>
    public SmallestChange For(PlannedDeployment planned)
    {
        var asked = planned.Parameters;
        var isNormal = asked.Priority == Priority.Normal;
        // What was placed fits nearly always; a few less are tried for the rest.
        var fewer = Enumerable.Range(1, planned.TotalAllocations).Reverse().Take(3).Where(n => Fits(asked with { NumberOfAllocations = n }, nodes));
        var thinner = Halves(asked.ThreadsPerAllocation).Where(t => isNormal && Fits(asked with { ThreadsPerAllocation = t }, nodes));
        var node = NewNodes(planned).FirstOrDefault(n => n.Processors <= MostProcessors && Fits(asked, [.. nodes, n]));
        return new(
            fewer.Select(n => (int?)n).FirstOrDefault(),
            thinner.Select(t => (int?)t).FirstOrDefault(),
            node?.Processors,
            node?.MemoryBytes);
    }

    /// <summary>Whether it would fit as asked for, if everything were planned anew.</summary>
    public bool FitsUnchanged(TaskParameters asked) => Fits(asked, nodes);

    private static IEnumerable<int> Halves(int threads)
    {
        while ((threads /= 2) > 0)
            yield return threads;
    }

    private static long Capped(Int128 value, long most) => (long)Int128.Min(value, most);

    private bool Fits(TaskParameters asked, IReadOnlyCollection<NodeSnapshot> candidates)
    {
        var changed = deployments.SetItem(asked.DeploymentId, deployments[asked.DeploymentId] with { Parameters = asked });
        return ClusterPlanner.Plan(candidates, changed, unreachable)[asked.DeploymentId].TotalAllocations >= asked.NumberOfAllocations;
    }

    /// <summary>A node for what is missing; should others be served first, one for what is missing of them too; at last one that has memory for every model.</summary>
    private IEnumerable<NodeSnapshot> NewNodes(PlannedDeployment planned)
    {
        var running = ClusterPlanner.Plan(nodes, deployments, unreachable).Values.Where(d => d.Stop == StopMode.None).ToList();
        var missing = running.Where(d => d.TotalAllocations < d.Parameters.NumberOfAllocations).ToList();
        yield return NewNode([planned]);
        yield return NewNode(missing.Where(d => d.Parameters.DeploymentId == planned.Parameters.DeploymentId || d.Parameters.Priority == Priority.Normal));
        var forAll = NewNode(missing);
        yield return forAll;
        yield return NewNode(running.Select(d => d with { Allocations = [] })) with { Processors = forAll.Processors };
    }

    private static NodeSnapshot NewNode(IEnumerable<PlannedDeployment> missing)
    {
        var (processors, memoryBytes) = ((Int128)0, (Int128)MemoryEstimate.NodeOverheadBytes);
        foreach (var deployment in missing)
        {
            var count = deployment.Parameters.NumberOfAllocations - deployment.TotalAllocations;
            processors += deployment.Parameters.Priority == Priority.Low ? 0 : (Int128)count * deployment.Parameters.ThreadsPerAllocation;
            memoryBytes += MemoryEstimate.Bytes(deployment.Parameters, count);
        }

        // The highest id: of equally good nodes the ones that exist come first.
        return new("\uffff", 0, (int)Math.Max(1, Capped(processors, int.MaxValue)), Capped(memoryBytes, long.MaxValue));
    }
}
