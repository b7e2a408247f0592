using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>
/// A silo with real storage behind it. Built by hand: Orleans' in-process test cluster silently puts its own memory storage in the default's place.
/// </summary>
internal sealed class StorageSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private StorageSilo(IHost host) => _host = host;

    /// <summary>What a grain gets that names no provider.</summary>
    public IGrainStorage Storage => _host.Services.GetRequiredService<IGrainStorage>();

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static Task<StorageSilo> StartAsync(string dataDirectory) => StartAsync(silo => silo.AddSqliteGrainStorage(dataDirectory));

    /// <param name="addStorage">Registers the storage of grains that name no provider.</param>
    public static async Task<StorageSilo> StartAsync(Action<ISiloBuilder> addStorage)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => addStorage(silo.UseLocalhostClustering(FreePort(), FreePort(), serviceId: "storage-tests")));
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
