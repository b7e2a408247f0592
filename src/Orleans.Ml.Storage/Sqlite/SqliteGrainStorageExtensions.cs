using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Ml.Storage.Sqlite;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Registers the grain storage that needs no server.</summary>
public static class SqliteGrainStorageExtensions
{
    private const string Rows = "sqlite-rows";

    /// <summary>Keeps the state of all grains that name no other provider in <c>{dataDirectory}/grains.db</c>, durably, for one node at a time.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder silo, string dataDirectory)
    {
        silo.Services.AddSingleton(_ => new GrainDatabase(dataDirectory));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<GrainDatabase>());
        silo.AddAdoNetGrainStorage(Rows, (OptionsBuilder<AdoNetGrainStorageOptions> options) => options.Configure<GrainDatabase, Serializer>((storage, database, serializer) =>
        {
            storage.Invariant = "System.Data.SQLite"; // Orleans' name for it; it loads Microsoft.Data.Sqlite.
            storage.DataSource = database.DataSource;
            storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        silo.Services.AddGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
            (services, _) => new SqliteGrainStorage(services.GetRequiredKeyedService<IGrainStorage>(Rows)));
        return silo;
    }
}
