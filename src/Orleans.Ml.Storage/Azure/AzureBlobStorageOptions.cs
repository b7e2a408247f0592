using Azure.Storage.Blobs;
using Orleans.Storage;

namespace Orleans.Configuration;

/// <summary>Grain state in Azure blobs. Named as in Orleans' own package, so that it can take this one's place.</summary>
public class AzureBlobStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The container; created when it is not there.</summary>
    public string ContainerName { get; set; } = "grainstate";

    /// <summary>The account's blobs.</summary>
    public BlobServiceClient? BlobServiceClient { get; set; }

    /// <summary>Whether clearing deletes the blob; otherwise it stays, empty.</summary>
    public bool DeleteStateOnClear { get; set; } = true;

    /// <summary>Where in the silo's life the container is made ready.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <inheritdoc/>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
