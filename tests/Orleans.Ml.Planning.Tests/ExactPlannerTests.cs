using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

/// <summary>The planner against an exact solver on random clusters: a seeded share, or with <c>ORLEANS_ML_FULL=1</c> all of them.</summary>
public sealed class ExactPlannerTests
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("ORLEANS_ML_FULL") == "1";
    private static readonly int Clusters = IsFull ? 2500 : 250;

    /// <summary>A goal the solver cannot finish in this time is answered by its bound, which counts against the planner.</summary>
    private static readonly double SecondsPerGoal = IsFull ? 20 : 5;

    [Fact]
    public void IsAsGoodAsAnExactSolver()
    {
        var verdicts = new ConcurrentBag<Verdict>();

        Parallel.For(0, Clusters, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed => verdicts.Add(Judge(seed)));

        var shares = verdicts.Select(v => v.Share).ToList();
        var withoutRoom = verdicts.Count(v => v.Planned.Placed < v.Asked);
        var unproven = verdicts.Where(v => !v.IsProven).OrderBy(v => v.Seed).ToList();
        Measured.Print($"planner against CP-SAT, {shares.Count} random clusters, {withoutRoom} of them without room for all: " +
            $"optimal {Percent(shares, 1)}, >= 99 % {Percent(shares, 0.99)}, >= 95 % {Percent(shares, 0.95)}, worst {shares.Min().ToString("0.000", CultureInfo.InvariantCulture)}");
        if (unproven.Count > 0)
            Measured.Print($"not solved to the end: {string.Join(", ", unproven.Select(v => $"seed {v.Seed}: planner {v.Planned.Placed}, solver {v.PlacedBySolver}, bound {v.Best.Placed}"))}");
        if (IsFull)
            Measured.Print($"of those with the most allocations: zones as good {Percent(verdicts, v => v.Planned.ZoneLoss <= v.Best.ZoneLoss)}, loads as few {Percent(verdicts, v => v.Planned.Pairs <= v.Best.Pairs)}");
        Assert.All(verdicts, v => Assert.Equal((v.Seed, v.Best.TakenAway, v.Best.Idle), (v.Seed, v.Planned.TakenAway, v.Planned.Idle)));
        Assert.True(shares.Count(s => s >= 1) >= 0.98 * shares.Count);
        Assert.All(verdicts, v => Assert.True(v.Planned.Placed >= 0.95 * v.PlacedBySolver, $"Seed {v.Seed}: {v.Planned.Placed} of {v.PlacedBySolver}"));
    }

    private static Verdict Judge(int seed)
    {
        var cluster = RandomCluster.Of(seed);
        var plan = ClusterPlanner.Plan(cluster.Nodes, cluster.Deployments, cluster.Unreachable);
        PlanRules.Hold(cluster.Nodes, cluster.Deployments, cluster.Unreachable, plan);
        var deployments = NormalDeployment.Of(cluster);
        var planned = PlacementQuality.Of(cluster, deployments, plan);
        if (cluster.Nodes.IsEmpty || deployments.Count == 0)
            return new(seed, planned, planned, planned.Placed, planned.Placed, true);
        var exact = new ExactPlanner(cluster, deployments, planned, (d, n) => plan[deployments[d].Parameters.DeploymentId].AllocationsOn(cluster.Nodes[n].NodeId));
        var best = exact.Solve(SecondsPerGoal, includesNodes: IsFull);
        return new(seed, planned, best, deployments.Sum(d => d.Limit), exact.PlacedBySolver, exact.IsProven);
    }

    private static string Percent(IReadOnlyCollection<double> shares, double least) => Percent(shares, s => s >= least);

    private static string Percent<T>(IReadOnlyCollection<T> all, Func<T, bool> holds) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * all.Count(holds) / all.Count:0.0} %");

    private sealed record Verdict(int Seed, PlacementQuality Planned, PlacementQuality Best, long Asked, long PlacedBySolver, bool IsProven)
    {
        public double Share => Best.Placed == 0 ? 1 : Planned.Placed / (double)Best.Placed;
    }
}
