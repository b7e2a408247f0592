using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Client;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

/// <summary>A cluster of a test's own, whose silos come and go, with storage that outlives them and one deployment, "m", of 32 threads: 12 allocations fit on a silo.</summary>
internal sealed class SmallCluster : IAsyncDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-small-").FullName;
    private readonly List<InProcessSiloHandle> _later = [];

    private SmallCluster(short silos, Action<string, NodeOptions>? configure, Action<ISiloBuilder>? services) => Cluster = ClusterFixture.Build(
        silos,
        Models,
        _data,
        silo =>
        {
            Storage.AddTo(silo);
            services?.Invoke(silo);
        },
        configure);

    public InProcessTestCluster Cluster { get; }

    public FakeModelSource Models { get; } = new();

    public SharedStorage Storage { get; } = new();

    public IDeploymentGrain Deployment => Cluster.Client.GetGrain<IDeploymentGrain>("m");

    public IPlacementGrain Placement => Cluster.Client.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    public IRoutingGrain Routing => Cluster.Client.GetGrain<IRoutingGrain>(IRoutingGrain.Key);

    /// <summary>The router of a process that is no silo.</summary>
    public IInferenceRouter ExternalRouter => Cluster.Client.ServiceProvider.GetRequiredService<IInferenceRouter>();

    public static async Task<SmallCluster> StartAsync(short silos, Action<string, NodeOptions>? configure = null, Action<ISiloBuilder>? services = null)
    {
        var cluster = new SmallCluster(silos, configure, services);
        await cluster.Cluster.DeployAsync();
        var model = cluster.Cluster.Client.GetGrain<ITrainedModelGrain>("m");
        await model.CreateAsync(ClusterFixture.Config("m"));
        await model.AddPartAsync("1", new DefinitionPart(0, 1, 100, 100, "part-0"));
        return cluster;
    }

    public Task<Assignment> StartDeploymentAsync(int allocations) => Deployment.StartAsync(new StartDeployment("m", "m", allocations, 32));

    /// <summary>Starts the deployment and waits until all of it serves.</summary>
    public async Task<Assignment> ServeAsync(int allocations)
    {
        await StartDeploymentAsync(allocations);
        return await WaitForAsync(a => a.AllocationCount == allocations);
    }

    public InProcessSiloHandle Silo(string name) => _later.Concat(Cluster.Silos).First(s => s.Name == name);

    public InProcessSiloHandle Other(InProcessSiloHandle silo) => Cluster.Silos.First(s => s.Name != silo.Name);

    /// <summary>The silo where a grain lives now.</summary>
    public InProcessSiloHandle SiloOf(IAddressable grain)
    {
        Assert.True(Cluster.TryGetGrainContext(grain.GetGrainId(), out var context));
        return Cluster.Silos.First(s => s.SiloAddress.Equals(context.Address.SiloAddress));
    }

    public static IInferenceRouter RouterOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IInferenceRouter>();

    public async Task<InProcessSiloHandle> StartSiloAsync(string name)
    {
        var (port, gateway) = Cluster.PortAllocator.AllocateConsecutivePortPairs(1);
        var silo = await Cluster.CreateSiloAsync(new InProcessTestSiloSpecificOptions { SiloName = name, SiloPort = port, GatewayPort = gateway });
        _later.Insert(0, silo);
        return silo;
    }

    public static async Task<InferenceReply> InferAsync(IInferenceRouter router, TimeSpan? timeout = null) => await router.InferAsync(
        await router.ResolveAsync("m", ClusterFixture.Cancellation),
        new InferenceInput(["one two"], null, timeout ?? TimeSpan.FromSeconds(20)),
        ClusterFixture.Cancellation);

    /// <summary>Waits until the routing table shows the deployment as wanted.</summary>
    public Task<Assignment> WaitForAsync(Func<Assignment, bool> isWanted) => Routing.WaitForAsync("m", isWanted);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _later)
            await silo.DisposeAsync();
        await Cluster.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
