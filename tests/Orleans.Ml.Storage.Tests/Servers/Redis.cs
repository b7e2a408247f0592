using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Storage.Tests.Servers;
using Orleans.Ml.Testing.Servers;

[assembly: AssemblyFixture(typeof(Azurite))]
[assembly: AssemblyFixture(typeof(Redis))]

namespace Orleans.Ml.Storage.Tests.Servers;

/// <summary>A Redis server in memory, one for all tests; started when the first one asks for it.</summary>
public sealed class Redis : IAsyncDisposable
{
    private readonly Lazy<Task<(LocalServer Server, string ConnectionString)>> _server = new(StartAsync);

    public async Task<string> ConnectionStringAsync() => (await _server.Value).ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).Server.DisposeAsync();
    }

    private static async Task<(LocalServer Server, string ConnectionString)> StartAsync()
    {
        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        string[] program = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()];
        var (server, _) = await LocalServer.StartAsync(program, readyLines: 1, "Ready to accept connections");
        return (server, $"127.0.0.1:{port}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
