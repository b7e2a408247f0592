using System.Collections.Immutable;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>
/// Takes allocations from a deployment that asks for fewer than it has: frees whole nodes, and with them memory, while its zones stay balanced.
/// Rules: deployment-runtime.md §3.7.
/// </summary>
public static class AllocationReduction
{
    /// <summary>
    /// The deployment with no more allocations than it asks for, and no reason any more; the same instance when it has no more already. It gives from the zone
    /// with the most allocations, there from the node with the fewest; ties go to the lower zone, then the lower node id.
    /// </summary>
    /// <param name="deployment">The deployment, with its new number of allocations.</param>
    /// <param name="nodes">The nodes, for their zones; a node that is not among them counts as in the zone without a name.</param>
    public static PlannedDeployment Apply(PlannedDeployment deployment, IReadOnlyCollection<NodeSnapshot> nodes)
    {
        var excess = deployment.TotalAllocations - deployment.Parameters.NumberOfAllocations;
        if (excess <= 0)
            return deployment;
        var zoneOf = nodes.ToDictionary(n => n.NodeId, n => n.Zone, StringComparer.Ordinal);
        var left = deployment.Allocations.ToDictionary(a => a.NodeId, a => a.Allocations, StringComparer.Ordinal);
        var inZone = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var zone in zoneOf.Values)
            inZone[zone] = 0;
        foreach (var (nodeId, count) in left)
            inZone[ZoneOf(nodeId)] = inZone.GetValueOrDefault(ZoneOf(nodeId)) + count;

        while (excess > 0)
        {
            var zone = inZone.MaxBy(z => z.Value).Key;
            var (nodeId, count) = left.Where(n => ZoneOf(n.Key) == zone).OrderBy(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal).First();
            var smallestOther = inZone.Where(z => z.Key != zone).Select(z => z.Value).DefaultIfEmpty(0).Min();
            var freesNode = count == 1 || (count <= excess && inZone[zone] - count >= smallestOther);
            var taken = freesNode ? count : 1;
            inZone[zone] -= taken;
            excess -= taken;
            if (freesNode)
                left.Remove(nodeId);
            else
                left[nodeId] = count - taken;
        }

        return deployment with
        {
            Allocations = [.. left.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => new NodeAllocations(n.Key, n.Value))],
            Reason = null,
        };

        string ZoneOf(string nodeId) => zoneOf.GetValueOrDefault(nodeId, "");
    }
}
