using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Ml.Models;
using Orleans.Ml.Storage.Azure;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Registers what the nodes of a cluster share when that is an Azure Storage account.</summary>
public static class AzureStorageExtensions
{
    private const string Blobs = "azure-blobs";
    private const string Models = "models";

    /// <summary>
    /// Keeps membership in the table <c>OrleansSiloInstances</c>, and the state of all grains that name no other provider in the container <c>grainstate</c>: on blobs,
    /// because the plan may outgrow a table's row.
    /// </summary>
    public static ISiloBuilder UseAzureStorage(this ISiloBuilder silo, AzureStorageAccount account)
    {
        silo.UseAzureStorageClustering((AzureStorageClusteringOptions options) => options.TableServiceClient = account.Tables);
        silo.AddAzureBlobGrainStorage(Blobs, (OptionsBuilder<AzureBlobStorageOptions> options) => options.Configure<Serializer>((storage, serializer) =>
        {
            storage.BlobServiceClient = account.State;
            storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        silo.Services.AddGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
            (services, _) => new AvailableGrainStorage(services.GetRequiredKeyedService<IGrainStorage>(Blobs)));
        return silo;
    }

    /// <summary>Finds the gateways of such a cluster.</summary>
    public static IClientBuilder UseAzureStorage(this IClientBuilder client, AzureStorageAccount account) =>
        client.UseAzureStorageClustering((AzureStorageGatewayOptions options) => options.TableServiceClient = account.Tables);

    /// <summary>Keeps definitions and vocabularies in the container <c>models</c>, and nothing of them on this machine: for a process that writes them and runs none.</summary>
    public static IServiceCollection AddAzureBlobModelStore(this IServiceCollection services, AzureStorageAccount account) =>
        services.AddSingleton<IModelStore>(new AzureBlobModelStore(account.State.GetBlobContainerClient(Models), cache: null, account.Models.GetBlobContainerClient(Models)));

    /// <summary>Keeps definitions and vocabularies in the container <c>models</c>, and on this machine what was read of them.</summary>
    /// <param name="services">The services.</param>
    /// <param name="account">The account.</param>
    /// <param name="cacheDirectory">A folder for the files that were read; processes may share it.</param>
    /// <param name="cacheBytes">How many bytes of them to keep; 0 keeps none.</param>
    public static IServiceCollection AddAzureBlobModelStore(
        this IServiceCollection services, AzureStorageAccount account, string cacheDirectory, long cacheBytes)
    {
        services.AddSingleton(provider => new ModelCache(
            cacheDirectory, cacheBytes, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<ModelCache>>()));
        return services.AddSingleton<IModelStore>(
            provider => new AzureBlobModelStore(
                account.State.GetBlobContainerClient(Models), provider.GetRequiredService<ModelCache>(), account.Models.GetBlobContainerClient(Models)));
    }
}
