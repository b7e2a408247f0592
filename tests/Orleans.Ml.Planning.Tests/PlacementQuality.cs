using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning.Tests;

/// <summary>One normal deployment of a cluster, as the judge sees it.</summary>
internal sealed record NormalDeployment(TaskParameters Parameters, int[] Survivors, int Limit, bool MustRun, bool LostAll)
{
    public int Guaranteed => Survivors.Sum();

    public static List<NormalDeployment> Of(RandomCluster cluster)
    {
        var normal = cluster.Deployments.Values.Where(d => d is { Stop: StopMode.None, Parameters.Priority: Priority.Normal }).ToList();
        var survivors = SurvivingAllocations.Of(cluster.Nodes, normal);
        return [.. normal.Select((d, i) => Of(cluster, d, survivors[i]))];
    }

    private static NormalDeployment Of(RandomCluster cluster, PlannedDeployment deployment, int[] survivors)
    {
        var elsewhere = deployment.Allocations.Where(a => cluster.Unreachable.Contains(a.NodeId)).Sum(a => a.Allocations);
        var mustRun = deployment.WasAllocated && elsewhere == 0;
        return new(deployment.Parameters, survivors, deployment.Parameters.NumberOfAllocations - elsewhere, mustRun,
            mustRun && survivors.Sum() == 0 && deployment.TotalAllocations > 0);
    }
}

/// <summary>How good a plan is, counted from the records, goal by goal.</summary>
internal sealed record PlacementQuality(bool IsAfterLoss, long TakenAway, long Idle, long Placed, long ZoneLoss, long Pairs)
{
    public static PlacementQuality Of(RandomCluster cluster, List<NormalDeployment> deployments, ImmutableSortedDictionary<string, PlannedDeployment> plan)
    {
        var zones = cluster.Nodes.Select(n => n.Zone).Distinct().ToList();
        int On(NormalDeployment d, NodeSnapshot n) => plan[d.Parameters.DeploymentId].AllocationsOn(n.NodeId);
        long Total(NormalDeployment d) => cluster.Nodes.Sum(n => On(d, n));
        return new(
            deployments.Exists(d => d.LostAll),
            deployments.Sum(d => Math.Max(0, d.Guaranteed - Total(d))),
            deployments.Count(d => d.MustRun && Total(d) == 0),
            deployments.Sum(Total),
            deployments.Sum(d => zones.Select(z => cluster.Nodes.Where(n => n.Zone == z).Sum(n => On(d, n))).DefaultIfEmpty(0).Max()),
            deployments.Sum(d => cluster.Nodes.Count(n => On(d, n) > 0)));
    }
}
