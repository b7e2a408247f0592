using System.Globalization;
using System.Net;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Placement;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>
/// A cluster on one machine: the Azure Storage emulator, several nodes and a web frontend, each a process that is started again when it dies. All of them stop
/// with this one: first the nodes, which leave in order, then the frontend, then the store that they need until then.
/// </summary>
internal sealed class LocalCluster(NodeSettings settings, TextWriter output, TimeProvider time) : IDisposable
{
    /// <summary>How long a node may take to leave and stop.</summary>
    private static readonly TimeSpan NodeStopLimit = TimeSpan.FromSeconds(60);

    /// <summary>The others have nothing to hand over.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly ClusterPorts _ports = new(settings);
    private readonly TextWriter _terminal = TextWriter.Synchronized(output);
    private readonly ProcessLauncher _launcher = new();

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="StartFailure">Something is in the way of it that an operator can remove.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        _ports.ThrowIfTaken();
        try
        {
            if (settings.Redis is { } server)
                await RunNodesAsync(["--redis", server], stopping);
            else
                await RunOnAzuriteAsync(Path.Combine(settings.DataDirectory, "azurite"), stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was told to stop; everything has.
        }
    }

    /// <summary>Ends what is left.</summary>
    public void Dispose() => _launcher.Dispose();

    private async Task RunOnAzuriteAsync(string directory, CancellationToken stopping)
    {
        using var claim = DataDirectory.Claim(directory, "azurite");
        var azurite = new Azurite(_ports, directory);
        await azurite.WriteAccountAsync(stopping);
        await using var process = await SuperviseAsync(azurite.Program(), StopLimit);
        await azurite.WaitUntilReadyAsync(time, stopping);
        await RunNodesAsync(["--azure-storage-file", azurite.AccountFile], stopping);
    }

    private async Task RunNodesAsync(IReadOnlyList<string> store, CancellationToken stopping)
    {
        await using var web = await SuperviseAsync(Web(store), StopLimit);
        List<SupervisedProcess> nodes = [];
        try
        {
            for (var node = 0; node < settings.ClusterSize; node++)
                nodes.Add(await SuperviseAsync(Node(node, store), NodeStopLimit));
            await _terminal.WriteLineAsync($"The web frontend will be on http://127.0.0.1:{_ports.Web}, the nodes from http://127.0.0.1:{_ports.Http(0)} on.");
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stopping);
        }
        finally
        {
            await _terminal.WriteLineAsync("Stopping the nodes…");
            await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask()));
        }
    }

    private Task<SupervisedProcess> SuperviseAsync(ChildProgram program, TimeSpan stopLimit) => SupervisedProcess.StartAsync(
        program.Name, async () => await ChildProcess.StartAsync(program, _launcher, _terminal), stopLimit, _terminal, time);

    private ChildProgram Node(int index, IReadOnlyList<string> store)
    {
        var name = $"node-{index + 1}";
        List<string> options =
        [
            .. store, "--name", name, "--port", Text(_ports.Http(index)), "--data", settings.DataDirectory,
            "--silo-port", Text(_ports.Silo(index)), "--gateway-port", Text(_ports.Gateway(index)),
            "--processors", Text(settings.Processors), "--memory", Text(settings.MemoryBytes), "--model-cache", Text(settings.ModelCacheBytes), .. Host(),
        ];
        if (settings.Roles != (NodeRoles.Compute | NodeRoles.Frontend))
            options.AddRange(["--roles", settings.IsFrontend ? "frontend" : "compute"]);
        if (settings.Zone.Length > 0)
            options.AddRange(["--zone", settings.Zone]);
        if (settings.ZeroTokenTypes)
            options.Add("--zero-token-types");
        if (settings.JapaneseDictionary is { } dictionary)
            options.AddRange(["--japanese-dictionary", dictionary]);
        if (settings.JapaneseSearchMode)
            options.Add("--japanese-search-mode");
        if (index > 0 || settings.SamplesDirectory is null)
            options.Add("--no-samples");
        else
            options.AddRange(["--samples", settings.SamplesDirectory]);
        return new(name, Path.Combine(AppContext.BaseDirectory, "Orleans.Ml.Silo"), options);
    }

    private ChildProgram Web(IReadOnlyList<string> store)
    {
        // artifacts/bin/<project>/<configuration>/
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Orleans.Ml.Web", configuration, "Orleans.Ml.Web"));
        if (!File.Exists(program))
            throw new StartFailure($"The web frontend is not built, {program} is not there: dotnet build src/Orleans.Ml.Web -c Release");
        return new("web", program,
        [
            .. store, "--port", Text(_ports.Web), "--data", settings.DataDirectory, .. Host(),
        ]);
    }

    /// <summary>Whoever allowed it for the cluster allowed it for its processes.</summary>
    private string[] Host() =>
        ["--host", settings.Address.ToString(), .. IPAddress.IsLoopback(settings.Address) ? (string[])[] : ["--allow-insecure-bind"]];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
