using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace Orleans.Ml.Testing;

/// <summary>A silo as a process of its own, as a user starts it.</summary>
public sealed partial class MlServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static int _nextPort = 21_000 + (Environment.ProcessId % 300 * 30);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly string[] _options;
    private readonly bool _ownsData;
    private Process _process = null!;

    private MlServer(string data, bool ownsData, string[] options)
    {
        var port = FreePort();
        (Data, _ownsData, Port, _options) = (data, ownsData, port, options);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    /// <summary>The silo's program, in the configuration that the tests were built in.</summary>
    public static string Executable { get; } = Path.Combine(
        TestModels.Repository, "artifacts", "bin", "Orleans.Ml.Silo", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Orleans.Ml.Silo");

    public string Data { get; }

    public int Port { get; }

    /// <summary>Where other silos reach it.</summary>
    public string SiloEndpoint => $"127.0.0.1:{Port + 100}";

    public HttpClient Http { get; }

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => string.Join('\n', _output);

    /// <summary>What it and those it was started as before have printed so far.</summary>
    public IReadOnlyList<string> Lines => [.. _output];

    /// <summary>Starts a silo with an empty data folder of its own.</summary>
    public static async Task<MlServer> StartAsync(params string[] options)
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-e2e-").FullName;
        var server = new MlServer(data, ownsData: true, options);
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts a node of a cluster, whose models are in a folder that its nodes share and that outlives them.</summary>
    public static async Task<MlServer> StartNodeAsync(string sharedData, params string[] options)
    {
        var server = new MlServer(sharedData, ownsData: false, options);
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts a silo that serves the sample models, as <c>./run</c> does.</summary>
    public static Task<MlServer> StartWithSamplesAsync() => StartAsync("--samples", TestModels.Sample(""));

    /// <summary>Starts it again, with the same data, after it has ended.</summary>
    public Task RestartAsync() => RunAsync();

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGTERM, as Ctrl-C or a supervisor ends it.</summary>
    public async Task<int> TerminateAsync()
    {
        Assert.Equal(0, Signal(_process.Id, 15));
        return await ExitedAsync();
    }

    /// <summary>Waits until it has ended, by itself or by a signal.</summary>
    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Process ids of the workers this silo has spawned.</summary>
    public IReadOnlyList<int> WorkerProcesses() =>
        [.. ProcFs.ChildrenOf(_process.Id).Where(id => ProcFs.CommandLine(id).Contains("Orleans.Ml.Worker", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        if (_ownsData)
            Directory.Delete(Data, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int processId, int signal);

    /// <summary>A port whose neighbours at +100 and +200, where the silo and its gateway listen, are free too.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _nextPort);
            if (new[] { port, port + 100, port + 200 }.All(IsFree))
                return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task RunAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(Executable)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Data,
            },
            EnableRaisingEvents = true,
        };
        foreach (var argument in (string[])["--port", Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--data", Data, .. _options.Contains("--samples") ? [] : (string[])["--no-samples"], .. _options])
            process.StartInfo.ArgumentList.Add(argument);
        process.OutputDataReceived += (_, line) => OnLine(line.Data, ready);
        process.ErrorDataReceived += (_, line) => OnLine(line.Data, ready);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The silo ended before it was ready:\n{Output}"));
        process.Start();
        // Only now, because others may be looking at it.
        _process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    private void OnLine(string? line, TaskCompletionSource ready)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (line.Contains("ready on http://", StringComparison.OrdinalIgnoreCase))
            ready.TrySetResult();
    }
}
