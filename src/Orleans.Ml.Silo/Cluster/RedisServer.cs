using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>A Redis server of this cluster alone, on loopback, that keeps every write.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ChildProcess _process;
    private readonly int _port;

    private RedisServer(ChildProcess process, int port) => (_process, _port) = (process, port);

    /// <exception cref="StartFailure">The program is not installed.</exception>
    public static RedisServer Start(int port, string directory, TextWriter terminal)
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists)
            ?? throw new StartFailure("A cluster on one machine needs redis-server: apt-get install redis-server");
        Directory.CreateDirectory(directory);
        // A session of its own: Ctrl-C in the terminal is for the nodes, which need the server until they have stopped.
        return new(ChildProcess.Start("redis", "setsid",
        [
            program,
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", directory,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning",
        ], terminal), port);
    }

    /// <summary>Waits until it listens.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, _port, limit.Token);
                return;
            }
            catch (SocketException) when (!_process.Ended.IsCompleted)
            {
                await Task.Delay(Pause, TimeProvider.System, limit.Token);
            }
            catch (SocketException)
            {
                throw new StartFailure($"redis-server ended before it listened on port {_port}.");
            }
        }
    }

    public Task StopAsync() => _process.StopAsync(StopLimit);

    public void Dispose() => _process.Dispose();
}
