using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>
/// What is left of the running allocations before anything is planned: everything on nodes that still have the room. A node that came back smaller than what it
/// ran keeps one allocation of as many deployments as fit, then as many allocations as fit; fewer threads first, then less memory, then the lower deployment id.
/// </summary>
internal static class SurvivingAllocations
{
    /// <summary>Surviving allocations of each deployment, by index of node.</summary>
    public static int[][] Of(IReadOnlyList<NodeSnapshot> nodes, IReadOnlyList<PlannedDeployment> deployments)
    {
        var survivors = deployments.Select(_ => new int[nodes.Count]).ToArray();
        var indexOf = nodes.Select((n, i) => (n.NodeId, i)).ToDictionary(n => n.NodeId, n => n.i, StringComparer.Ordinal);
        var onNode = nodes.Select(_ => new List<int>()).ToArray();
        for (var d = 0; d < deployments.Count; d++)
        {
            foreach (var placed in deployments[d].Allocations)
            {
                if (indexOf.TryGetValue(placed.NodeId, out var n))
                    onNode[n].Add(d);
            }
        }

        for (var n = 0; n < nodes.Count; n++)
            Keep(nodes[n], onNode[n].ConvertAll(d => (deployments[d], survivors[d])), n);
        return survivors;
    }

    private static void Keep(NodeSnapshot node, List<(PlannedDeployment Deployment, int[] Survivors)> here, int n)
    {
        var room = new NodeRoom(node);
        var smallestFirst = here
            .OrderBy(d => d.Deployment.Parameters.ThreadsPerAllocation)
            .ThenBy(d => MemoryEstimate.Bytes(d.Deployment.Parameters, 1))
            .ThenBy(d => d.Deployment.Parameters.DeploymentId, StringComparer.Ordinal)
            .ToList();
        foreach (var atMost in new[] { 1, int.MaxValue })
        {
            foreach (var (deployment, survivors) in smallestFirst)
            {
                var count = room.RoomFor(deployment.Parameters, Math.Min(atMost, deployment.AllocationsOn(node.NodeId) - survivors[n]));
                room.Take(deployment.Parameters, count);
                survivors[n] += count;
            }
        }
    }
}
