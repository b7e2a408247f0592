using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>One node, its account, and between them a proxy that holds requests up.</summary>
public sealed class ProxiedNode : IAsyncLifetime
{
    private readonly Azurite _azurite = new();
    private BlobContainerClient _models = null!;

    public MlServer Server { get; private set; } = null!;

    public HttpClient Http => Server.Http;

    internal AccountProxy Proxy { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var account = await _azurite.ConnectionStringAsync();
        _models = new(account, "models");
        Proxy = await AccountProxy.StartAsync(account);
        Server = await MlServer.StartAsync("--azure-storage", Proxy.ConnectionString, "--processors", "16", "--memory", "8gb");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Proxy.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    /// <summary>Asks, waits until the request to the account is held up that the fault is about, kills the node there, and starts it again.</summary>
    internal async Task KillAtAsync(AccountFault fault, Func<HttpClient, Task> ask, Func<Task>? whileDead = null)
    {
        var asked = ask(Http);
        await fault.MetAsync();
        await Server.KillAsync();
        fault.Dispose();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
        if (whileDead is not null)
            await whileDead();
        await Server.RestartAsync();
    }

    /// <summary>The blobs of a model.</summary>
    public async Task<List<string>> BlobsAsync(string modelId)
    {
        var names = new List<string>();
        await foreach (var blob in _models.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{modelId}/" }, TestContext.Current.CancellationToken))
            names.Add(blob.Name);
        return names;
    }
}
