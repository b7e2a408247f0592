extern alias official;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Orleans.Configuration;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Ml.Testing.Servers;
using OfficialBlobOptions = official::Orleans.Configuration.AzureBlobStorageOptions;
using OfficialBlobs = official::Orleans.Hosting.AzureBlobSiloBuilderExtensions;
using OfficialTableOptions = official::Orleans.Configuration.AzureTableStorageOptions;
using OfficialTables = official::Orleans.Hosting.AzureTableSiloBuilderExtensions;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>Grain state on blobs, by our provider.</summary>
public class BlobHost(Azurite azurite) : StorageHost
{
    public BlobContainerClient Container { get; private set; } = null!;

    public override bool TellsApart(string one, string other) => Written(one) != Written(other);

    protected override async Task<Action<ISiloBuilder>> StorageAsync()
    {
        var service = new BlobServiceClient(await azurite.ConnectionStringAsync());
        Container = service.GetBlobContainerClient($"state-{Guid.NewGuid():n}");
        return silo => AddTo(silo, service, Container.Name);
    }

    protected virtual void AddTo(ISiloBuilder silo, BlobServiceClient service, string container) =>
        silo.AddAzureBlobGrainStorageAsDefault((AzureBlobStorageOptions options) => (options.BlobServiceClient, options.ContainerName) = (service, container));

    // A blob's name is the path of its address: '\' is '/' there, and '..' leads up.
    private static string Written(string key) => new Uri($"http://account/{Uri.EscapeDataString(key).Replace("%2F", "/").Replace("%5C", "/")}").AbsolutePath;
}

/// <summary>Grain state on blobs, by Orleans' own provider.</summary>
public sealed class OfficialBlobHost(Azurite azurite) : BlobHost(azurite)
{
    protected override void AddTo(ISiloBuilder silo, BlobServiceClient service, string container) =>
        OfficialBlobs.AddAzureBlobGrainStorageAsDefault(silo, (OfficialBlobOptions options) => (options.BlobServiceClient, options.ContainerName) = (service, container));
}

/// <summary>Grain state on a table, by our provider.</summary>
public class TableHost(Azurite azurite) : StorageHost
{
    public TableClient Table { get; private set; } = null!;

    public override bool TellsApart(string one, string other) => Written(one) != Written(other);

    protected override async Task<Action<ISiloBuilder>> StorageAsync()
    {
        var service = new TableServiceClient(await azurite.ConnectionStringAsync());
        Table = service.GetTableClient($"State{Guid.NewGuid():n}");
        return silo => AddTo(silo, service, Table.Name);
    }

    protected virtual void AddTo(ISiloBuilder silo, TableServiceClient service, string table) =>
        silo.AddAzureTableGrainStorageAsDefault((AzureTableStorageOptions options) => (options.TableServiceClient, options.TableName) = (service, table));

    private static string Written(string key) => key.Replace('/', '_').Replace('\\', '_').Replace('#', '_').Replace('?', '_');
}

/// <summary>Grain state on a table as text, rows deleted when cleared, by our provider.</summary>
public sealed class TextTableHost(Azurite azurite) : TableHost(azurite)
{
    protected override void AddTo(ISiloBuilder silo, TableServiceClient service, string table) =>
        silo.AddAzureTableGrainStorageAsDefault((AzureTableStorageOptions options) =>
            (options.TableServiceClient, options.TableName, options.UseStringFormat, options.DeleteStateOnClear) = (service, table, true, true));
}

/// <summary>Grain state on a table, by Orleans' own provider.</summary>
public sealed class OfficialTableHost(Azurite azurite) : TableHost(azurite)
{
    protected override void AddTo(ISiloBuilder silo, TableServiceClient service, string table) =>
        OfficialTables.AddAzureTableGrainStorageAsDefault(silo, (OfficialTableOptions options) => (options.TableServiceClient, options.TableName) = (service, table));
}
