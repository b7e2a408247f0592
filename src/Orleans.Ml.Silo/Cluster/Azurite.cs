using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>The Azure Storage emulator of this cluster alone, on loopback, with its data on disk.</summary>
internal sealed class Azurite(ClusterPorts ports, string directory)
{
    // The emulator's account: the same everywhere, published with it, and no secret.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Says where the account is, for <c>--azure-storage-file</c>.</summary>
    public string AccountFile { get; } = Path.Combine(directory, "account");

    /// <summary>What to start. It saves what it holds in memory when it is told to stop, so that is what the kernel tells it when this process dies.</summary>
    /// <exception cref="StartFailure">It is not there or not installed.</exception>
    public ChildProgram Program() => new("azurite", Script(),
    [
        "--location", directory, "--blobPort", Text(ports.Blob), "--queuePort", Text(ports.Queue), "--tablePort", Text(ports.Table),
    ], DeathSignal: "TERM");

    /// <summary>Writes the file that tells nodes where the account is.</summary>
    public Task WriteAccountAsync(CancellationToken cancellationToken)
    {
        var (blobs, tables) = ($"http://127.0.0.1:{Text(ports.Blob)}/{Account}", $"http://127.0.0.1:{Text(ports.Table)}/{Account}");
        return File.WriteAllTextAsync(
            AccountFile, $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={blobs};TableEndpoint={tables}\n", cancellationToken);
    }

    /// <summary>Waits until it listens.</summary>
    /// <exception cref="StartFailure">It does not.</exception>
    public async Task WaitUntilReadyAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var expired = new CancellationTokenSource(StartLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expired.Token);
        try
        {
            foreach (var port in new[] { ports.Blob, ports.Table })
                await WaitUntilOpenAsync(port, time, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartFailure($"The Azure Storage emulator does not listen on the ports {ports.Blob} and {ports.Table} after {StartLimit.TotalSeconds} s; its lines above should say why.");
        }
    }

    private static async Task WaitUntilOpenAsync(int port, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary><c>azurite/start</c> of the clone that this program was built in.</summary>
    private static string Script()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var script = Path.Combine(folder, "azurite", "start");
            if (!File.Exists(script))
                continue;
            return Directory.Exists(Path.Combine(folder, "azurite", "node_modules", "azurite"))
                ? script
                : throw new StartFailure($"The Azure Storage emulator is not installed: npm ci --prefix {Path.Combine(folder, "azurite")}");
        }

        throw new StartFailure("A cluster on one machine uses the Azure Storage emulator of a clone of Orleans.Ml, and this program is not in one. --redis SERVER does without.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
