using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Xunit;

namespace Orleans.Ml.Testing.Servers;

/// <summary>The emulator with its data on disk: it can be killed, frozen and started again at the same address.</summary>
internal sealed partial class DurableAzurite : IAsyncDisposable
{
    private static readonly TimeSpan SaveLimit = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("orleans-ml-azurite-").FullName;
    private LocalServer _server = null!;
    private int _blobPort;
    private int _tablePort;
    private int _marks;

    private DurableAzurite()
    {
    }

    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={Azurite.Account};AccountKey={Azurite.Key};" +
        $"BlobEndpoint=http://127.0.0.1:{Text(_blobPort)}/{Azurite.Account};TableEndpoint=http://127.0.0.1:{Text(_tablePort)}/{Azurite.Account}";

    public static async Task<DurableAzurite> StartAsync()
    {
        var azurite = new DurableAzurite();
        await azurite.RestartAsync();
        return azurite;
    }

    /// <summary>Starts it at the address it had.</summary>
    public async Task RestartAsync()
    {
        string[] program = [Azurite.StartScript(), "--location", _folder, "--blobPort", Text(_blobPort), "--queuePort", "0", "--tablePort", Text(_tablePort)];
        (_server, var lines) = await LocalServer.StartAsync(program, readyLines: 3, "is successfully listening at");
        (_blobPort, _tablePort) = (Port("Blob"), Port("Table"));

        int Port(string service) =>
            int.Parse(ListeningPort().Match(lines.Single(line => line.Contains($"{service} service", StringComparison.Ordinal))).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Waits until what it has answered is on disk. It writes its lists of blobs and rows every few seconds only: killed before, it forgets what Azure would not.
    /// </summary>
    public async Task UntilSavedAsync()
    {
        var mark = $"mark{Interlocked.Increment(ref _marks)}";
        var container = new BlobContainerClient(ConnectionString, "marks");
        await container.CreateIfNotExistsAsync();
        await container.UploadBlobAsync(mark, BinaryData.FromString(mark));
        var table = new TableClient(ConnectionString, "marks");
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity("marks", mark));
        var written = TimeProvider.System.GetUtcNow().UtcDateTime;
        var start = TimeProvider.System.GetTimestamp();
        while (!Holds("__azurite_db_blob__.json", mark) || !Holds("__azurite_db_table__.json", mark) || File.GetLastWriteTimeUtc(Path.Combine(_folder, "__azurite_db_blob_extent__.json")) < written)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < SaveLimit, $"the emulator has not saved {mark} in {SaveLimit}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _server.Signal(9);
        await _server.DisposeAsync();
    }

    /// <summary>SIGSTOP: connections are accepted and nothing is answered.</summary>
    public void Freeze() => _server.Signal(19);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => _server.Signal(18);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private bool Holds(string file, string text) =>
        File.Exists(Path.Combine(_folder, file)) && File.ReadAllText(Path.Combine(_folder, file)).Contains($"\"{text}\"", StringComparison.Ordinal);

    [GeneratedRegex(@"http://[^:]+:(\d+)")]
    private static partial Regex ListeningPort();
}
