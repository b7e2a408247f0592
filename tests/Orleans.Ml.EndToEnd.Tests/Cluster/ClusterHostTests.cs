using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Nodes with addresses of their own, as containers and machines have them, that share nothing but an Azure Storage account.</summary>
[Collection(nameof(Alone))]
public sealed class ClusterHostTests(ClusterHostTests.TwoAddresses nodes) : IClassFixture<ClusterHostTests.TwoAddresses>
{
    [Fact]
    public async Task NodesFormACluster_WhenEachHasAnAddressOfItsOwn()
    {
        var (first, second) = (nodes.First.Http, nodes.Second.Http);
        await first.CreateFromFolderAsync("tiny-ner", TestModels.Sample("tiny-ner"));

        await first.StartAsync("tiny-ner", "number_of_allocations=2&wait_for=fully_allocated&timeout=60s");

        var stats = await second.DeploymentStatsAsync("tiny-ner");
        Assert.Equal(["node-1", "node-2"], stats!["nodes"]!.AsArray().Select(n => n!["node"]!.AsObject().First().Key).Order());
        Assert.Equal((await first.InferAsync("tiny-ner", "Anna lives in Berlin")).ToJsonString(), (await second.InferAsync("tiny-ner", "Anna lives in Berlin")).ToJsonString());
    }

    [Fact]
    public async Task ListensForOthersAtThatAddressAlone()
    {
        foreach (var port in new[] { nodes.First.Port + 100, nodes.First.Port + 200 })
        {
            using var there = new TcpClient();
            await there.ConnectAsync(IPAddress.Parse(TwoAddresses.OfFirst), port, TestContext.Current.CancellationToken);
            using var elsewhere = new TcpClient();
            await Assert.ThrowsAsync<SocketException>(() => elsewhere.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken).AsTask());
        }
    }

    /// <summary>Two nodes of one cluster.</summary>
    public sealed class TwoAddresses : IAsyncLifetime
    {
        public const string OfFirst = "127.0.0.2";
        private const string OfSecond = "127.0.0.3";

        private readonly Azurite _azurite = new();

        internal MlServer First { get; private set; } = null!;

        internal MlServer Second { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var account = await _azurite.ConnectionStringAsync();
            First = await StartAsync("node-1", OfFirst);
            Second = await StartAsync("node-2", OfSecond);

            Task<MlServer> StartAsync(string name, string address) =>
                MlServer.StartAsync("--azure-storage", account, "--name", name, "--cluster-host", address, "--processors", "1");
        }

        public async ValueTask DisposeAsync()
        {
            await Second.DisposeAsync();
            await First.DisposeAsync();
            await _azurite.DisposeAsync();
        }
    }
}
