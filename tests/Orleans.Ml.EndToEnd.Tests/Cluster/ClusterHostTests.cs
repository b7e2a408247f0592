using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Storage.Tests.Servers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Nodes with addresses of their own, as containers and machines have them, that share nothing but an Azure Storage account.</summary>
[Collection(nameof(Alone))]
public sealed class ClusterHostTests : IAsyncLifetime
{
    private readonly Azurite _azurite = new();
    private string _account = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _account = await _azurite.ConnectionStringAsync();

    public ValueTask DisposeAsync() => _azurite.DisposeAsync();

    [Fact]
    public async Task NodesFormACluster_WhenEachHasAnAddressOfItsOwn()
    {
        await using var first = await StartAsync("node-1", "127.0.0.2");
        await using var second = await StartAsync("node-2", "127.0.0.3");
        await first.Http.CreateFromFolderAsync("tiny-ner", TestModels.Sample("tiny-ner"));

        await first.Http.StartAsync("tiny-ner", "number_of_allocations=2&wait_for=fully_allocated&timeout=60s");

        var stats = await second.Http.DeploymentStatsAsync("tiny-ner");
        Assert.Equal(["node-1", "node-2"], stats!["nodes"]!.AsArray().Select(n => n!["node"]!.AsObject().First().Key).Order());
        Assert.Equal((await first.Http.InferAsync("tiny-ner", "Anna lives in Berlin")).ToJsonString(), (await second.Http.InferAsync("tiny-ner", "Anna lives in Berlin")).ToJsonString());
    }

    [Fact]
    public async Task ListensForOthersAtThatAddressAlone()
    {
        await using var node = await StartAsync("node-1", "127.0.0.2");

        foreach (var port in new[] { node.Port + 100, node.Port + 200 })
        {
            using var there = new TcpClient();
            await there.ConnectAsync(IPAddress.Parse("127.0.0.2"), port, Cancel);
            using var elsewhere = new TcpClient();
            await Assert.ThrowsAsync<SocketException>(() => elsewhere.ConnectAsync(IPAddress.Loopback, port, Cancel).AsTask());
        }
    }

    private Task<MlServer> StartAsync(string name, string address) =>
        MlServer.StartAsync("--azure-storage", _account, "--name", name, "--cluster-host", address, "--processors", "1");
}
