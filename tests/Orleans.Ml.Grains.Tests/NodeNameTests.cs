using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Ml.Deployments;
using Orleans.Ml.Grains.Nodes;
using Orleans.Ml.Inference;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

public sealed class NodeNameTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ASiloDoesNotJoin_WhenAnotherEndpointAnswersUnderItsName()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2, services: silo => silo.Services.AddSingleton<ISiloProbe>(new Probe(true)));
        await cluster.ServeAsync(allocations: 20);

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => cluster.StartSiloAsync("Silo_1"));

        Assert.Contains("The name [Silo_1] belongs to a node that is up at", refusal.ToString(), StringComparison.Ordinal);
        var members = cluster.Silo("Silo_0").ServiceProvider.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values;
        Assert.Single(members, m => m is { Name: "Silo_1", Status: SiloStatus.Active });
        Assert.True((await SmallCluster.InferAsync(SmallCluster.RouterOf(cluster.Silo("Silo_0")))).IsOk);
    }

    [Fact]
    public async Task TheLaterLifeServesAlone_WhenTheEarlierOneDidNotAnswer()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2, services: silo => silo.Services.AddSingleton<ISiloProbe>(new Probe(false)));
        await cluster.ServeAsync(allocations: 20);
        var earlier = cluster.Silo("Silo_1");
        var runtime = earlier.ServiceProvider.GetRequiredService<NodeRuntime>();
        var ended = new TaskCompletionSource();
        earlier.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(ended.SetResult);

        var later = await cluster.StartSiloAsync("Silo_1");

        // What a process does when its host is told to stop, this test does for it.
        await ended.Task.WaitAsync(Soon, ClusterFixture.Cancellation);
        await cluster.Cluster.StopSiloAsync(earlier, ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation);
        Assert.All(runtime.GetRoutes(), r => Assert.Equal(RoutingState.Stopped, r.Route.State));
        await cluster.WaitForAsync(a => a.AllocationCount == 20
            && later.ServiceProvider.GetRequiredService<NodeRuntime>().GetRoutes().Any(r => r.Route.State == RoutingState.Started));
        Assert.True((await SmallCluster.InferAsync(SmallCluster.RouterOf(cluster.Silo("Silo_0")))).IsOk);
    }

    [Fact]
    public async Task ALiveSiloAnswersTheProbe()
    {
        var builder = new TestClusterBuilder(1);
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.Options.ConfigureFileLogging = false;
        await using var cluster = builder.Build();
        await cluster.DeployAsync(ClusterFixture.Cancellation);

        Assert.True(await new SiloPortProbe(TimeProvider.System).AnswersAsync(cluster.Primary!.SiloAddress.Endpoint, ClusterFixture.Cancellation));
    }

    [Fact]
    public async Task WhoAcceptsButSaysNothingDoesNotAnswerTheProbe()
    {
        using var frozen = new TcpListener(IPAddress.Loopback, 0);
        frozen.Start();

        Assert.False(await new SiloPortProbe(TimeProvider.System).AnswersAsync((IPEndPoint)frozen.LocalEndpoint, ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation));
    }

    [Fact]
    public async Task NobodyAnswersTheProbe_WhenNobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();

        Assert.False(await new SiloPortProbe(TimeProvider.System).AnswersAsync(endpoint, ClusterFixture.Cancellation));
    }

    private sealed class Probe(bool answers) : ISiloProbe
    {
        public Task<bool> AnswersAsync(IPEndPoint silo, CancellationToken cancellationToken) => Task.FromResult(answers);
    }
}
