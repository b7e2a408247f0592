using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Workers;

/// <summary>One worker process from spawn to burial. Disposing kills it and waits until nothing of it is left.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    /// <summary>The worker's program.</summary>
    public const string Executable = "Orleans.Ml.Worker";

    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly Process _process;
    private readonly StandardErrorTail _standardError;
    private readonly TimeProvider _time;

    private WorkerProcess(Process process, string deploymentId, TimeProvider time)
    {
        _process = process;
        _time = time;
        _standardError = new(process.StandardError.BaseStream, $"worker errors {deploymentId}");
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Ends when the process has ended and is reaped.</summary>
    public Task Exited { get; }

    /// <summary>Answers questions, once connected.</summary>
    public ControlConnection? Control { get; private set; }

    /// <summary>Carries requests to the worker, once connected; whoever takes it owns it.</summary>
    public Socket? Requests { get; private set; }

    /// <summary>Carries replies from the worker, once connected; whoever takes it owns it.</summary>
    public Socket? Replies { get; private set; }

    /// <summary>Spawns the process and waits for its three connections, on a socket whose path exists only until then.</summary>
    /// <exception cref="IOException">It cannot be started; the message names the path.</exception>
    /// <exception cref="WorkerDiedException">It died or did not connect in time.</exception>
    public static async Task<WorkerProcess> StartAsync(
        WorkerSettings settings, WorkerOptions options, ProcessLauncher launcher, TimeProvider time, CancellationToken cancellationToken)
    {
        var executable = Path.Combine(AppContext.BaseDirectory, options.Directory, Executable);
        if (!File.Exists(executable))
            throw new FileNotFoundException($"the worker is not there: [{executable}]");

        // Mode 0700: nobody else can connect.
        var folder = Directory.CreateTempSubdirectory("oml-");
        try
        {
            using var listener = Listen(Path.Combine(folder.FullName, "s"));
            var arguments = new WorkerArguments(
                settings.DeploymentId, ((UnixDomainSocketEndPoint)listener.LocalEndPoint!).ToString(), Environment.ProcessId,
                Path.GetFullPath(settings.ModelPath), settings.Allocations, settings.ThreadsPerAllocation, settings.IsLowPriority, settings.Arguments,
                settings.WarmUpTokenId, settings.MaxLength, settings.MemoryLimitBytes, options.MaxOutputBytes);
            var worker = new WorkerProcess(await SpawnAsync(executable, arguments, launcher), settings.DeploymentId, time);
            try
            {
                await worker.AcceptAsync(listener, options.ConnectLimit, cancellationToken);
                return worker;
            }
            catch
            {
                await worker.DisposeAsync();
                throw;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Ends the process without asking.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Why the process ended: what it last complained about, and how it ended. Kills it if it has not.</summary>
    public async Task<string> BuryAsync()
    {
        Kill();
        await Exited;
        // Its end closed the pipe, so the rest of it is read without waiting for long.
        await Task.WhenAny(_standardError.Ended, Task.Delay(TimeSpan.FromSeconds(1), _time));
        var reason = _standardError.FindReason();
        var exit = ExitDescription.From(_process.ExitCode);
        return reason.Length > 0 ? $"{exit}: {reason}" : exit;
    }

    public async ValueTask DisposeAsync()
    {
        if (Control is not null)
            await Control.DisposeAsync();
        Requests?.Dispose();
        Replies?.Dispose();
        await BuryAsync();
        _process.Dispose();
    }

    private static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            return listener;
        }
        catch (Exception exception) when (exception is ArgumentException or SocketException)
        {
            listener.Dispose();
            throw new IOException($"cannot listen on [{path}]: {exception.Message}", exception);
        }
    }

    private static async Task<Process> SpawnAsync(string executable, WorkerArguments arguments, ProcessLauncher launcher)
    {
        var what = new ProcessStartInfo(executable, arguments.ToCommandLine()) { RedirectStandardError = true, WorkingDirectory = "/" };
        WorkerEnvironment.Apply(what.Environment, arguments.ThreadsPerAllocation);
        try
        {
            return await launcher.StartAsync(what);
        }
        catch (Win32Exception exception)
        {
            throw new IOException($"cannot start [{executable}]: {exception.Message}", exception);
        }
    }

    private async Task AcceptAsync(Socket listener, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, _time);
        using var accepting = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            Control = new(await AcceptOneAsync(listener, accepting));
            Requests = await AcceptOneAsync(listener, accepting);
            Replies = await AcceptOneAsync(listener, accepting);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WorkerDiedException(Exited.IsCompleted
                ? await BuryAsync()
                : $"it did not connect within [{limit.TotalSeconds}s]");
        }
    }

    private async Task<Socket> AcceptOneAsync(Socket listener, CancellationTokenSource accepting)
    {
        while (true)
        {
            var accept = listener.AcceptAsync(accepting.Token).AsTask();
            if (await Task.WhenAny(accept, Exited) != accept)
                await accepting.CancelAsync();
            var socket = await accept;
            if (PeerOf(socket) == Id)
                return socket;
            socket.Dispose();
        }
    }

    // struct ucred { pid, uid, gid }: belt and braces beside the mode of the folder.
    private static int PeerOf(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        return credentials[0];
    }
}
