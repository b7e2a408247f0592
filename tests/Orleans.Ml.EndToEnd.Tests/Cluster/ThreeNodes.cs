using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>A cluster of three silos, each a process that one command starts, with one model store and one place for membership and state.</summary>
internal sealed class ThreeNodes : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _data;

    private ThreeNodes(IClusterStore store, string data, int processors, IReadOnlyList<ClusterNode> nodes) =>
        (Store, _data, Processors, Nodes) = (store, data, processors, nodes);

    public IClusterStore Store { get; }

    /// <summary>Of each node.</summary>
    public int Processors { get; }

    public IReadOnlyList<ClusterNode> Nodes { get; }

    /// <summary>A client of the first node that is running.</summary>
    public HttpClient Http => Nodes.First(n => n.IsRunning).Server.Http;

    public static async Task<ThreeNodes> StartAsync(int processors, string memory, Membership membership = default)
    {
        var store = await IClusterStore.StartAsync(membership);
        var data = Directory.CreateTempSubdirectory("orleans-ml-cluster-").FullName;
        var nodes = await Task.WhenAll(Enumerable.Range(1, 3).Select(async i => new ClusterNode($"node-{i}",
            await MlServer.StartNodeAsync(data, [.. store.Options, "--name", $"node-{i}", "--processors", $"{processors}", "--memory", memory]))));
        return new(store, data, processors, nodes);
    }

    /// <summary>Creates a sample model under its own name and starts a deployment of it.</summary>
    public async Task DeployAsync(string sample, int allocations, string priority = "normal")
    {
        await Http.CreateFromFolderAsync(sample, TestModels.Sample(sample));
        await Http.StartAsync(sample, $"number_of_allocations={allocations}&priority={priority}&wait_for=fully_allocated&timeout=60s");
    }

    /// <summary>Asks a running node until a deployment has all its allocations, none of them on a node that is gone.</summary>
    public Task UntilFullyAllocatedAsync(string deploymentId, string? notOn = null) =>
        UntilAsync(deploymentId, $"fully allocated, not on {notOn ?? "-"}", a => a.State == "fully_allocated" && !a.Nodes.Contains(notOn));

    public async Task<Allocation> UntilAsync(string deploymentId, string expectation, Predicate<Allocation> isReached)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var last = await TryReadAsync(deploymentId);
            if (last is not null && isReached(last))
                return last;
            Xunit.Assert.True(clock.Elapsed < Patience, $"{deploymentId} never became {expectation}; it is {last}\n{Explain()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>The end of what each node has printed.</summary>
    public string Explain() => string.Join('\n', Nodes.SelectMany(n => n.Server.Lines.TakeLast(150).Select(l => $"[{n.Name}] {(l.Length > 300 ? l[..300] : l)}")));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.Server.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    // A cluster that is just losing a node may answer 503; the question is asked again.
    private async Task<Allocation?> TryReadAsync(string deploymentId)
    {
        var (status, body) = await Http.GetJsonAsync($"/_ml/trained_models/{deploymentId}/_stats");
        if (status != System.Net.HttpStatusCode.OK || body["trained_model_stats"]![0]!["deployment_stats"] is not { } stats || stats["allocation_status"] is not { } allocations)
            return null;
        return new(allocations["state"]!.GetValue<string>(), allocations["allocation_count"]!.GetValue<int>(),
            [.. stats["nodes"]!.AsArray().Where(n => n!["node"] is not null).Select(n => n!["node"]!.AsObject().First().Key)]);
    }
}

/// <summary>A node and the process that it is at the moment.</summary>
internal sealed class ClusterNode(string name, MlServer server)
{
    public string Name => name;

    public MlServer Server => server;

    public bool IsFrozen { get; private set; }

    public bool IsRunning => !server.HasExited && !IsFrozen;

    public void Freeze()
    {
        Xunit.Assert.Equal(0, MlServer.Signal(server.ProcessId, 19));
        IsFrozen = true;
    }

    public void Thaw()
    {
        Xunit.Assert.Equal(0, MlServer.Signal(server.ProcessId, 18));
        IsFrozen = false;
    }
}

/// <summary>How far a deployment is.</summary>
internal sealed record Allocation(string State, int Count, IReadOnlyList<string> Nodes)
{
    public override string ToString() => $"{State} with {Count} allocations on {string.Join(", ", Nodes)}";
}
