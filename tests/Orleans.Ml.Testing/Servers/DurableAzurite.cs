using System.Globalization;

namespace Orleans.Ml.Testing.Servers;

/// <summary>The emulator with its data on disk: it can be killed, frozen and started again at the same address.</summary>
internal sealed class DurableAzurite : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleans-ml-azurite-").FullName;
    // Below those that the kernel gives to outgoing connections: none takes them while it is away.
    private readonly int _blobPort = MlServer.FreePort();
    private readonly int _tablePort = MlServer.FreePort();
    private LocalServer _server = null!;

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
        (_server, _) = await LocalServer.StartAsync(program, readyLines: 3, "is successfully listening at");
    }

    /// <summary>Waits until what it has answered is on disk.</summary>
    public Task UntilSavedAsync() => new AzuriteFiles(_folder, ConnectionString).UntilSavedAsync();

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
}
