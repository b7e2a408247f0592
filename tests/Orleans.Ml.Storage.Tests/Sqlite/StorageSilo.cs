using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Sqlite;

/// <summary>
/// A silo on a data directory, whose storage is the real one on a real file. Built by hand: Orleans' in-process test cluster silently puts
/// its own memory storage in the default's place.
/// </summary>
internal sealed class StorageSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private StorageSilo(IHost host) => _host = host;

    /// <summary>What a grain gets that names no provider.</summary>
    public IGrainStorage Storage => _host.Services.GetRequiredService<IGrainStorage>();

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<StorageSilo> StartAsync(string dataDirectory)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(FreePort(), FreePort()).AddSqliteGrainStorage(dataDirectory));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>One such silo for all tests of a class, each of which uses keys of its own.</summary>
public sealed class StorageSiloFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private StorageSilo _silo = null!;

    public IGrainStorage Storage => _silo.Storage;

    public async ValueTask InitializeAsync() => _silo = await StorageSilo.StartAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _folder.Dispose();
    }
}
