using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Nodes that come back, nodes that all go at once, nodes that are missed. Each test has a cluster of its own.</summary>
[Collection(nameof(Alone))]
public sealed class NodeLifeTests
{
    private const string Embedding = "tiny-embedding";
    private const string Language = "tiny-language";

    [Theory]
    [InlineData(Membership.AzureTables)]
    [InlineData(Membership.Redis)]
    public async Task EveryDeploymentComesBackByItself_WhenAllNodesWereKilled(Membership membership)
    {
        await using var cluster = await ThreeNodes.StartAsync(processors: 2, "800mb", membership);
        await cluster.DeployAsync(Embedding, allocations: 4);
        await cluster.DeployAsync(Language, allocations: 1, priority: "low");
        var before = await cluster.Http.InferAsync(Embedding, "hello");

        await Task.WhenAll(cluster.Nodes.Select(n => n.Server.KillAsync()));
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(cluster.Nodes.Select(n => n.Server.RestartAsync()));
        await cluster.UntilFullyAllocatedAsync(Embedding);
        await cluster.UntilFullyAllocatedAsync(Language);

        Measured.Print($"three nodes killed at once, {membership}: everything was back {clock.Elapsed.TotalSeconds:F1} s after their start");
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(before.ToJsonString(), (await node.Server.Http.InferAsync(Embedding, "hello")).ToJsonString());
            await node.Server.Http.InferAsync(Language, "hello");
        }
    }

    [Theory]
    [InlineData(Membership.AzureTables)]
    [InlineData(Membership.Redis)]
    public async Task ANodeReplacesItsPredecessor_WhenItStartsAgainBeforeItWasMissed(Membership membership)
    {
        await using var cluster = await ThreeNodes.StartAsync(processors: 2, "800mb", membership);
        await cluster.DeployAsync(Embedding, allocations: 6);
        var node = cluster.Nodes[1];
        var predecessor = Assert.Single(await cluster.Store.LivesAsync(node.Name)).Key;
        var (process, workers) = (node.Server.ProcessId, node.Server.WorkerProcesses());

        await node.Server.KillAsync();
        var clock = Stopwatch.StartNew();
        await node.Server.RestartAsync();

        Measured.Print($"a node that was killed and started at once, {membership}, was ready after {clock.Elapsed.TotalSeconds:F1} s");
        var lives = await cluster.Store.LivesAsync(node.Name);
        Assert.True(!lives.TryGetValue(predecessor, out var isDead) || isDead, "the predecessor still counts as alive");
        Assert.Single(lives, l => !l.Value);
        Assert.NotEmpty(workers);
        Assert.All(workers, w => Assert.False(ProcFs.Exists(w), $"worker {w} of the predecessor is left"));
        Assert.DoesNotContain(ProcessorSampler.Workers(), w => w.ParentId == process);
        await cluster.UntilFullyAllocatedAsync(Embedding);
        Assert.Equal(2, Assert.Single(ProcessorSampler.Workers(), w => w.ParentId == node.Server.ProcessId).Allocations);
    }

    [Fact]
    public async Task WhatHasRoomGoesOnAndTheRestReturnsWithTheNode_WhenCapacityIsMissing()
    {
        await using var cluster = await ThreeNodes.StartAsync(processors: 2, "800mb");
        await cluster.DeployAsync(Embedding, allocations: 6);
        await using var sampler = new ProcessorSampler(cluster);
        var node = cluster.Nodes[2];

        await node.Server.KillAsync();

        var without = await cluster.UntilAsync(Embedding, "started with what is left", a => a.Count == 4 && !a.Nodes.Contains(node.Name));
        Assert.Equal("started", without.State);
        await cluster.Http.InferAsync(Embedding, "hello");
        await node.Server.RestartAsync();
        await cluster.UntilFullyAllocatedAsync(Embedding);
        Assert.Empty(sampler.Oversubscriptions);
    }

    [Fact]
    public async Task ASecondNodeOfANameRefusesToStart_WhenItsHolderIsAlive()
    {
        await using var cluster = await ThreeNodes.StartAsync(processors: 1, "800mb");
        var node = cluster.Nodes[0];
        var holder = Assert.Single(await cluster.Store.LivesAsync(node.Name)).Key;
        var data = Directory.CreateTempSubdirectory("orleans-ml-second-").FullName;

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            MlServer.StartNodeAsync(data, [.. cluster.Store.Options, "--name", node.Name, "--processors", "1"]));

        var said = refusal.Message.TrimEnd().Split('\n')[^1];
        Assert.StartsWith("The name ", said, StringComparison.Ordinal);
        Assert.Contains(node.Name, said, StringComparison.Ordinal);
        Assert.Contains(node.Server.SiloEndpoint, said, StringComparison.Ordinal);
        Assert.False((await cluster.Store.LivesAsync(node.Name))[holder], "the holder of the name counts as dead");
        Directory.Delete(data, recursive: true);
    }
}
