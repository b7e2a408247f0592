using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning.Tests;

/// <summary>
/// One random cluster per seed: 1-12 nodes in 1-3 zones, 1-20 deployments of 1-32 threads and both priorities, memory from ample to scarce, what runs already, and
/// nodes that are gone, silent or back smaller than they were.
/// </summary>
internal sealed record RandomCluster(
    int Seed, ImmutableArray<NodeSnapshot> Nodes, ImmutableSortedDictionary<string, PlannedDeployment> Deployments, IReadOnlySet<string> Unreachable)
{
    private const long Megabyte = 1024 * 1024;

    public static RandomCluster Of(int seed)
    {
        var random = new Random(seed);
        var nodes = AllNodes(random);
        var deployments = Enumerable.Range(0, random.Next(1, 21)).Select(i => Deployment(random, $"d{i:00}")).ToList();
        if (random.Next(4) > 0)
            deployments = Run(random, nodes, deployments);
        var fate = nodes.ToDictionary(n => n.NodeId, _ => random.Next(20));
        var present = nodes.Where(n => fate[n.NodeId] > 2).Select(n => fate[n.NodeId] == 3 ? n with { Processors = n.Processors / 2, MemoryBytes = n.MemoryBytes / 2 } : n);
        return new(
            seed,
            [.. present],
            ClusterPlan.Empty.Deployments.AddRange(deployments.Select(d => KeyValuePair.Create(d.Parameters.DeploymentId, d))),
            fate.Where(f => f.Value == 2).Select(f => f.Key).ToHashSet(StringComparer.Ordinal));
    }

    private static ImmutableArray<NodeSnapshot> AllNodes(Random random)
    {
        var zones = random.Next(1, 4);
        var memory = random.Next(3) switch { 0 => 700, 1 => 2500, _ => 64_000 };
        var isUniform = random.Next(3) == 0;
        var processors = random.Next(1, 40);
        return
        [
            .. Enumerable.Range(0, random.Next(1, 13)).Select(i => new NodeSnapshot(
                $"n{i:00}", 1,
                isUniform ? processors : random.Next(2) == 0 ? 1 << random.Next(7) : random.Next(1, 65),
                Megabyte * (isUniform ? memory : random.Next(memory / 2, memory * 2)),
                Zone: $"z{random.Next(zones)}")),
        ];
    }

    private static PlannedDeployment Deployment(Random random, string id)
    {
        var isLow = random.Next(6) == 0;
        var modelMegabytes = random.Next(3) switch { 0 => random.Next(1, 50), 1 => random.Next(50, 500), _ => random.Next(1, 1000) };
        var hasFigures = random.Next(5) < 2;
        var parameters = new TaskParameters(
            id, id, "1", modelMegabytes * Megabyte,
            isLow ? 1 : random.Next(1, random.Next(2, 20)),
            isLow ? 1 : 1 << random.Next(random.Next(1, 7)),
            1024,
            (random.Next(5) == 0 ? 2 * modelMegabytes : modelMegabytes) * Megabyte, "",
            isLow ? Priority.Low : Priority.Normal,
            hasFigures ? random.Next(0, 800) * Megabyte : 0,
            hasFigures ? random.Next(0, 250) * Megabyte : 0,
            "text_field");
        return new(parameters, 1, DateTimeOffset.UnixEpoch, [], null, WasAllocated: random.Next(3) == 0);
    }

    /// <summary>Some deployments run already, in places nobody would choose.</summary>
    private static List<PlannedDeployment> Run(Random random, ImmutableArray<NodeSnapshot> nodes, List<PlannedDeployment> deployments)
    {
        var rooms = nodes.Select(n => new NodeRoom(n)).ToArray();
        return deployments.ConvertAll(deployment =>
        {
            if (random.Next(5) < 2)
                return deployment;
            var placed = new SortedDictionary<string, int>(StringComparer.Ordinal);
            for (var left = random.Next(1, deployment.Parameters.NumberOfAllocations + 1); left > 0; left--)
            {
                var room = rooms[random.Next(rooms.Length)];
                if (room.RoomFor(deployment.Parameters, 1) == 0)
                    continue;
                room.Take(deployment.Parameters, 1);
                placed[room.NodeId] = placed.GetValueOrDefault(room.NodeId) + 1;
            }

            return placed.Count == 0
                ? deployment
                : deployment with { Allocations = [.. placed.Select(p => new NodeAllocations(p.Key, p.Value))], WasAllocated = true };
        });
    }
}
