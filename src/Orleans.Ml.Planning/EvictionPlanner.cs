using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>
/// Gives low priority deployments the memory that normal ones leave, at most one allocation each. Those that run stay in order of ascending memory, which evicts the
/// fewest of a node; then the others are placed, those that once ran first, then ascending memory, then the lower id, each on the node with the most free
/// memory, then the lower node id.
/// </summary>
internal static class EvictionPlanner
{
    /// <summary>Most low priority deployments of one node (deployment-runtime.md §3.8).</summary>
    public const int MostPerNode = 100;

    /// <summary>Takes the room for them.</summary>
    /// <param name="low">Running deployments of low priority without those that sit on nodes which do not answer.</param>
    /// <param name="rooms">What normal deployments left, in order of node id.</param>
    public static void Place(IEnumerable<PlannedDeployment> low, IReadOnlyList<NodeRoom> rooms)
    {
        var smallestFirst = low
            .Where(d => d.Parameters.NumberOfAllocations > 0)
            .OrderBy(d => MemoryEstimate.Bytes(d.Parameters, 1))
            .ThenBy(d => d.Parameters.DeploymentId, StringComparer.Ordinal)
            .ToList();
        var homeless = new List<PlannedDeployment>();
        foreach (var deployment in smallestFirst)
        {
            var home = rooms.FirstOrDefault(r => deployment.AllocationsOn(r.NodeId) > 0 && r.RoomFor(deployment.Parameters, 1) == 1);
            home?.Take(deployment.Parameters, 1);
            if (home is null)
                homeless.Add(deployment);
        }

        foreach (var deployment in homeless.OrderByDescending(d => d.WasAllocated))
        {
            rooms.Where(r => r.RoomFor(deployment.Parameters, 1) == 1).MaxBy(r => r.FreeMemoryBytes)?.Take(deployment.Parameters, 1);
        }
    }
}
