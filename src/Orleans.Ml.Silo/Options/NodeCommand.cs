using System.CommandLine;
using System.Net;
using Orleans.Ml.CommandLine;
using Orleans.Ml.Silo.Cluster;
using Orleans.Ml.Silo.Start;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Silo.Options;

/// <summary>The command line of a node, and what becomes of the process.</summary>
internal static class NodeCommand
{
    private const int ExitCannotStart = 1;

    /// <summary>Reads the arguments and runs the node, or says plainly why not.</summary>
    /// <param name="arguments">As the process got them.</param>
    /// <param name="runAsync">Runs the node until it is stopped; its second parameter is the terminal.</param>
    /// <param name="configuration">Where to write; null for stdout and stderr.</param>
    /// <param name="environment">Looks a variable up; null for the process's own.</param>
    /// <returns>The exit code: 0 after an orderly stop, 1 when the node cannot start, 2 for a wrong option.</returns>
    public static async Task<int> InvokeAsync(string[] arguments, Func<NodeSettings, TextWriter, Task> runAsync, InvocationConfiguration? configuration = null,
        Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        Option[] tellable =
        [
            NodeArguments.Port, NodeArguments.Data, NodeArguments.Processors, NodeArguments.Memory, NodeArguments.Name, NodeArguments.NoSamples, NodeArguments.Samples,
            HttpArguments.Host, HttpArguments.AllowInsecureBind, NodeArguments.ClusterHost, NodeArguments.SiloPort, NodeArguments.GatewayPort, NodeArguments.Redis,
            NodeArguments.ModelCache, NodeArguments.Zone, NodeArguments.Roles, NodeArguments.ZeroTokenTypes,
            NodeArguments.JapaneseDictionary, NodeArguments.JapaneseSearchMode,
        ];
        var command = new RootCommand("An Orleans.Ml node: serves PyTorch models through Elasticsearch's trained-model API. "
            + "Each option but --cluster can be a variable of the environment, such as ORLEANS_ML_SILO_PORT for --silo-port.");
        // The nodes of --cluster have the same environment: told by it, each would start a cluster.
        foreach (var option in (Option[])[.. tellable, NodeArguments.Cluster, AzureStorageArguments.Account, AzureStorageArguments.AccountFile])
            command.Options.Add(option);
        command.HelpName = "./run";
        command.SetAction((parsed, _) => RunAsync(parsed, runAsync, environment));
        var parsed = command.Parse(EnvironmentArguments.Complete(command, arguments, tellable, environment));
        return await CommandRun.InvokeAsync(parsed, configuration ?? new());
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<NodeSettings, TextWriter, Task> runAsync, Func<string, string?> environment)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (!AzureStorageArguments.TryRead(parsed, environment, out var azureStorage, out var unreadable))
            return await CommandRun.RefuseAsync(error, unreadable);
        var settings = SettingsOf(parsed, azureStorage);
        if (ProblemWith(settings, parsed.GetValue(HttpArguments.AllowInsecureBind)) is { } problem)
            return await CommandRun.RefuseAsync(error, problem);
        if (!IPAddress.IsLoopback(settings.Address))
            await error.WriteLineAsync($"Warning: {settings.Address} can be reached from other machines, and nobody is asked for a password.");
        if (!settings.IsClusterOnThisMachine)
            await error.WriteLineAsync($"Warning: the ports for nodes at {settings.ClusterHost} can be reached from other machines. Whoever connects to them may do anything: keep them to the cluster.");
        try
        {
            await runAsync(settings, output);
            return 0;
        }
        catch (Exception failure) when (StartFailure.Explain(failure) is { } reason)
        {
            await error.WriteLineAsync(reason);
            return ExitCannotStart;
        }
    }

    private static NodeSettings SettingsOf(ParseResult parsed, AzureStorageAccount? azureStorage)
    {
        var port = parsed.GetValue(NodeArguments.Port);
        var samples = parsed.GetValue(NodeArguments.Samples);
        var nodes = Math.Max(1, parsed.GetValue(NodeArguments.Cluster));
        return new(
            parsed.GetValue(HttpArguments.Host)!,
            port,
            parsed.GetValue(NodeArguments.SiloPort) is var silo and > 0 ? silo : port + 100,
            parsed.GetValue(NodeArguments.GatewayPort) is var gateway and > 0 ? gateway : port + 200,
            Path.GetFullPath(parsed.GetValue(NodeArguments.Data)!),
            parsed.GetValue(NodeArguments.Processors) is var processors and > 0 ? processors : Math.Max(1, Environment.ProcessorCount / nodes),
            parsed.GetValue(NodeArguments.Memory) is var memory and > 0 ? memory : UsableMemory.Read() / 10 * 8 / nodes,
            parsed.GetValue(NodeArguments.Name)!,
            parsed.GetValue(NodeArguments.NoSamples) ? null : samples is null ? RepositorySamples() : Path.GetFullPath(samples),
            parsed.GetValue(NodeArguments.Redis),
            azureStorage,
            parsed.GetValue(NodeArguments.Zone)!,
            nodes,
            parsed.GetValue(NodeArguments.Roles),
            parsed.GetValue(NodeArguments.ZeroTokenTypes),
            parsed.GetValue(NodeArguments.ClusterHost)!,
            parsed.GetValue(NodeArguments.ModelCache),

            parsed.GetValue(NodeArguments.JapaneseDictionary) is { } dictionary ? Path.GetFullPath(dictionary) : null,
            parsed.GetValue(NodeArguments.JapaneseSearchMode));
    }

    /// <summary><c>samples/models</c> beside the program's files or above them; a path that does not exist when there is none.</summary>
    private static string RepositorySamples()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var samples = Path.Combine(folder, "samples", "models");
            if (Directory.Exists(samples))
                return samples;
        }

        return Path.Combine(AppContext.BaseDirectory, "samples", "models");
    }

    /// <summary>What no option alone can be blamed for.</summary>
    private static string? ProblemWith(NodeSettings settings, bool isInsecureBindAllowed) => settings switch
    {
        { Address: var address } when HttpArguments.ProblemWith("--host", address, IPAddress.IsLoopback(address), isInsecureBindAllowed) is { } problem => problem,
        { ClusterHost: var host } when HttpArguments.ProblemWith("--cluster-host", host, settings.IsClusterOnThisMachine, isInsecureBindAllowed) is { } problem => problem,
        { SiloPort: > 65535 } or { GatewayPort: > 65535 } =>
            $"--port {settings.Port} leaves no room for the ports {settings.SiloPort} and {settings.GatewayPort}: give --silo-port and --gateway-port.",
        { ClusterSize: > 1 } when new ClusterPorts(settings).Problem is { } problem => problem,
        { AzureStorage: not null, Redis: not null } => "A cluster has one place for its state: give either --azure-storage or --redis.",
        { ClusterSize: > 1, AzureStorage: not null } => "--cluster starts an Azure Storage emulator of its own: give either --cluster or --azure-storage.",
        { ClusterSize: > 1, ClusterHost: not NodeSettings.OnThisMachine } => "The nodes of --cluster are all on this machine: leave --cluster-host out.",
        { ClusterHost: not NodeSettings.OnThisMachine, Redis: null, AzureStorage: null } =>
            "--cluster-host is for the nodes of a cluster: give --redis or --azure-storage, too.",
        { Port: var port, SiloPort: var silo, GatewayPort: var gateway } when port == silo || port == gateway || silo == gateway =>
            $"--port, --silo-port and --gateway-port must differ, were {port}, {silo} and {gateway}.",
        _ => null,
    };
}
