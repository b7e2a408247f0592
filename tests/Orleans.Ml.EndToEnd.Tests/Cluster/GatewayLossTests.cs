using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The frontend that is no node, when the nodes that let it into the cluster die.</summary>
[Collection(nameof(Alone))]
public sealed class GatewayLossTests
{
    private const string Embedding = "tiny-embedding";
    private const int Clients = 16;

    /// <summary>A node that dies is seen gone within 2 s; what was asked of it is done elsewhere then.</summary>
    private static readonly TimeSpan LongestWait = FullRun.Limit(TimeSpan.FromSeconds(3));

    [Fact]
    public async Task NoRequestFailsOrWaitsLong_WhenAGatewayIsKilled()
    {
        await using var cluster = await ThreeNodes.StartAsync(processors: 2, "800mb");
        await cluster.DeployAsync(Embedding, allocations: 6);
        await using var web = await WebProcess.StartAsync(cluster.Store);
        var load = new SteadyLoad(Embedding, Clients, web.Http.BaseAddress!);
        await using (load)
        {
            for (var round = 0; round < Trial.Rounds(2, 20); round++)
            {
                var node = cluster.Nodes[round % cluster.Nodes.Count];
                await node.Server.KillAsync();
                await cluster.UntilAsync(Embedding, "started with what is left", a => a.Count == 4 && !a.Nodes.Contains(node.Name));
                // Reading is as little disturbed as asking the model.
                Assert.NotNull(await web.Http.DeploymentStatsAsync(Embedding));
                await node.Server.RestartAsync();
                await cluster.UntilFullyAllocatedAsync(Embedding);
            }
        }

        Measured.Print($"gateways killed under a frontend: {load.Tally}");
        Assert.True(load.Tally.Answered > 100, "the clients got hardly any answers");
        Assert.True(load.Tally.Failed == 0 && load.Tally.Longest <= LongestWait, $"{load.Tally}\n{web.Output}\n{cluster.Explain()}");
    }
}
