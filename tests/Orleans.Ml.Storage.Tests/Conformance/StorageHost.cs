using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>One silo with the storage under test, for all tests of a class.</summary>
public abstract class StorageHost : IAsyncLifetime
{
    private StorageSilo _silo = null!;

    public IGrainStorage Storage => _silo.Storage;

    public async ValueTask InitializeAsync() => _silo = await StorageSilo.StartAsync(await StorageAsync());

    public virtual async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the two keys have records of their own.</summary>
    public virtual bool TellsApart(string one, string other) => true;

    /// <summary>Starts what the storage needs, then tells how a silo registers it.</summary>
    protected abstract Task<Action<ISiloBuilder>> StorageAsync();
}
