using System.Collections.Immutable;
using System.Diagnostics;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;

namespace Orleans.Ml.Benchmarks;

/// <summary>How long a plan of the whole cluster takes, asked for less and for more than it has, from nothing and after a node is gone.</summary>
internal static class PlannerTime
{
    private const int Rounds = 5;
    private const long Megabyte = 1024 * 1024;
    private static readonly IReadOnlySet<string> NoneUnreachable = new HashSet<string>();

    public static Task RunAsync()
    {
        Report.Heading($"One plan of the whole cluster, medians of {Rounds} plans, ms");
        Report.Columns("deployments", "nodes", "asked of the processors", "from nothing", "one starts", "a node is gone", "nothing changes", "placed of asked");
        foreach (var (deployments, nodes) in new[] { (10, 5), (30, 15), (100, 50), (300, 100), (1000, 200) })
        {
            foreach (var isScarce in new[] { false, true })
                Measure(deployments, nodes, isScarce);
        }

        return Task.CompletedTask;
    }

    private static void Measure(int deploymentCount, int nodeCount, bool isScarce)
    {
        var random = new Random(1);
        var nodes = Enumerable.Range(0, nodeCount).Select(i => Node(random, i)).ToImmutableArray();
        var asked = Deployments(random, deploymentCount, nodes.Sum(n => n.Processors) * (isScarce ? 1.3 : 0.7));
        var plan = ClusterPlanner.Plan(nodes, asked, NoneUnreachable);
        var last = asked.Keys.Last();
        Report.Row(
            deploymentCount, nodeCount, isScarce ? "130 %" : "70 %",
            Milliseconds(nodes, asked),
            Milliseconds(nodes, plan.SetItem(last, asked[last])),
            Milliseconds(nodes.RemoveAt(nodeCount / 2), plan),
            Milliseconds(nodes, plan),
            $"{plan.Values.Sum(d => d.TotalAllocations)} of {asked.Values.Sum(d => d.Parameters.NumberOfAllocations)}");
    }

    private static double Milliseconds(IReadOnlyCollection<NodeSnapshot> nodes, ImmutableSortedDictionary<string, PlannedDeployment> deployments)
    {
        ClusterPlanner.Plan(nodes, deployments, NoneUnreachable);
        return Report.Median(Enumerable.Range(0, Rounds).Select(_ =>
        {
            var clock = Stopwatch.StartNew();
            ClusterPlanner.Plan(nodes, deployments, NoneUnreachable);
            return clock.Elapsed.TotalMilliseconds;
        }));
    }

    private static NodeSnapshot Node(Random random, int i) => new($"n{i:000}", 1, 8 << random.Next(4), Megabyte * random.Next(8_000, 64_000), Zone: $"z{i % 3}");

    /// <summary>Deployments that ask for the given number of processors together.</summary>
    private static ImmutableSortedDictionary<string, PlannedDeployment> Deployments(Random random, int count, double processors)
    {
        var deployments = ClusterPlan.Empty.Deployments;
        for (var i = 0; i < count; i++)
        {
            var isLow = random.Next(10) == 0;
            var threads = isLow ? 1 : 1 << random.Next(4);
            var allocations = isLow ? 1 : Math.Max(1, (int)Math.Round(2 * random.NextDouble() * processors / count / threads));
            var modelBytes = random.Next(20, 2000) * Megabyte;
            var parameters = new TaskParameters(
                $"d{i:0000}", "m", "1", modelBytes, allocations, threads, 1024, modelBytes, "", isLow ? Priority.Low : Priority.Normal, 0, random.Next(3) == 0 ? 50 * Megabyte : 0, "text_field");
            deployments = deployments.Add(parameters.DeploymentId, new(parameters, 1, DateTimeOffset.UnixEpoch, [], null));
        }

        return deployments;
    }
}
