using System.Globalization;
using Orleans.Ml.Placement;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>A cluster on one machine: a Redis server and several nodes, each a process, all stopped with this one.</summary>
internal sealed class LocalCluster(NodeSettings settings, TextWriter terminal)
{
    /// <summary>Redis listens this far above the HTTP port, beyond the nodes' own ports.</summary>
    private const int RedisPortOffset = 300;

    /// <summary>How long the nodes may take to drain and stop.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(45);

    private readonly int _redisPort = settings.Port + RedisPortOffset;

    /// <summary>Runs until it is told to stop, or until nothing of it is left.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        Directory.CreateDirectory(settings.DataDirectory);
        using var redis = RedisServer.Start(_redisPort, Path.Combine(settings.DataDirectory, "redis"), terminal);
        await redis.WaitUntilReadyAsync(stopping);
        var nodes = Enumerable.Range(0, settings.ClusterSize).Select(StartNode).ToList();
        try
        {
            await Task.WhenAll(nodes.Select(n => n.Ended)).WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            await terminal.WriteLineAsync("Stopping the nodes…");
        }
        finally
        {
            await Task.WhenAll(nodes.Select(n => n.StopAsync(StopLimit)));
            nodes.ForEach(n => n.Dispose());
            await redis.StopAsync();
        }
    }

    private ChildProcess StartNode(int index)
    {
        var name = $"node-{index + 1}";
        List<string> options =
        [
            "--redis", $"127.0.0.1:{_redisPort}", "--name", name, "--port", Text(settings.Port + index), "--data", settings.DataDirectory,
            "--silo-port", Text(settings.SiloPort + index), "--gateway-port", Text(settings.GatewayPort + index),
            "--processors", Text(settings.Processors), "--memory", Text(settings.MemoryBytes), "--host", settings.Address.ToString(),
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
        return ChildProcess.Start(name, Path.Combine(AppContext.BaseDirectory, "Orleans.Ml.Silo"), options, terminal);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
