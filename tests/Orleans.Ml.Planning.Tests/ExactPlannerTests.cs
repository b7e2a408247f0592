using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

/// <summary>The planner against an exact solver, on random clusters: a seeded share, or with <c>ORLEANS_ML_FULL=1</c> all of them.</summary>
public sealed class ExactPlannerTests
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("ORLEANS_ML_FULL") == "1";
    private static readonly int Clusters = int.Parse(Environment.GetEnvironmentVariable("CLUSTERS") ?? (IsFull ? "2500" : "300"), CultureInfo.InvariantCulture);

    [Fact]
    public void PlacesAsManyAllocationsAsAnExactSolver()
    {
        var verdicts = new ConcurrentBag<Verdict>();

        Parallel.For(0, Clusters, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed => verdicts.Add(Judge(seed)));

        var shares = verdicts.Select(v => v.Best.Placed == 0 ? 1 : v.Planned.Placed / (double)v.Best.Placed).ToList();
        string Percent(Func<double, bool> holds) => (100.0 * shares.Count(holds) / shares.Count).ToString("0.0", CultureInfo.InvariantCulture);
        var hard = verdicts.Count(v => v.Planned.Placed < v.Asked);
        Measured.Print(FormattableString.Invariant(
            $"planner against exact solver on {shares.Count} clusters ({hard} of them without room for all): optimal {Percent(s => s >= 1)} %, >= 99 % {Percent(s => s >= 0.99)} %, >= 95 % {Percent(s => s >= 0.95)} %, worst {shares.Min():0.000}; ") +
            FormattableString.Invariant($"missed by seed {string.Join(' ', verdicts.Where(v => v.Planned.Placed < v.Best.Placed).Select(v => $"{v.Seed}:{v.Planned.Placed}/{v.Best.Placed}"))}; goals1-2 missed {string.Join(' ', verdicts.Where(v => v.Planned.Idle != v.Best.Idle || v.Planned.TakenAway != v.Best.TakenAway).Select(v => $"{v.Seed}"))} zone {verdicts.Count(v => v.Planned.ZoneLoss > v.Best.ZoneLoss)} pairs {verdicts.Count(v => v.Planned.Pairs > v.Best.Pairs)} unfinished {verdicts.Sum(v => v.Unfinished)} planner ms mean {verdicts.Average(v => v.Milliseconds):0.0} max {verdicts.Max(v => v.Milliseconds):0.0} solver ms mean {verdicts.Average(v => v.SolverMilliseconds):0.0}"));
        Assert.All(verdicts, v => Assert.Equal((v.Best.TakenAway, v.Best.Idle), (v.Planned.TakenAway, v.Planned.Idle)));
        Assert.True(shares.Count(s => s >= 1) >= 0.98 * shares.Count);
        Assert.True(shares.Min() >= 0.95);
    }

    private static Verdict Judge(int seed)
    {
        var cluster = RandomCluster.Of(seed);
        var clock = Stopwatch.StartNew();
        var plan = ClusterPlanner.Plan(cluster.Nodes, cluster.Deployments, cluster.Unreachable);
        var milliseconds = clock.Elapsed.TotalMilliseconds;
        var deployments = NormalDeployment.Of(cluster);
        var planned = PlacementQuality.Of(cluster, deployments, plan);
        if (cluster.Nodes.IsEmpty || deployments.Count == 0)
            return new(seed, planned, planned, planned.Placed, 0, milliseconds, 0);
        clock.Restart();
        var exact = new ExactPlanner(cluster, deployments, planned, (d, n) => plan[deployments[d].Parameters.DeploymentId].AllocationsOn(cluster.Nodes[n].NodeId));
        var best = exact.Solve(secondsPerGoal: 10, includesNodes: IsFull);
        return new(seed, planned, best, deployments.Sum(d => d.Limit), exact.Unfinished, milliseconds, clock.Elapsed.TotalMilliseconds);
    }

    private sealed record Verdict(int Seed, PlacementQuality Planned, PlacementQuality Best, long Asked, int Unfinished, double Milliseconds, double SolverMilliseconds);
}
