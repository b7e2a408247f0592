using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Grain state as one blob each, in the layout of Microsoft.Orleans.Persistence.AzureStorage: <c>{stateName}-{grainId}.json</c>, whatever the serializer.
/// The service's ETag fences every change. An empty blob is a cleared record.
/// </summary>
internal sealed class AzureBlobGrainStorage(string name, AzureBlobStorageOptions options, IActivatorProvider activators) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly BlobContainerClient _container = options.BlobServiceClient!.GetBlobContainerClient(options.ContainerName);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        $"{nameof(AzureBlobGrainStorage)}-{name}", options.InitStage, cancellationToken => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            var blob = (await BlobOf(stateName, grainId).DownloadContentAsync()).Value;
            var isEmpty = blob.Content.ToMemory().IsEmpty;
            var state = isEmpty ? default : options.GrainStorageSerializer.Deserialize<T>(blob.Content);
            grainState.RecordExists = !isEmpty && state is not null;
            grainState.State = grainState.RecordExists ? state! : activators.GetActivator<T>().Create();
            grainState.ETag = blob.Details.ETag.ToString();
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            Forget(grainState, eTag: null);
        }
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = await UploadAsync(BlobOf(stateName, grainId), options.GrainStorageSerializer.Serialize(grainState.State), grainState.ETag);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var blob = BlobOf(stateName, grainId);
        string? eTag = null;
        if (options.DeleteStateOnClear)
            await FencedAsync(blob, grainState.ETag, () => blob.DeleteIfExistsAsync(DeleteSnapshotsOption.None, Fence(grainState.ETag)));
        else
            eTag = await UploadAsync(blob, BinaryData.Empty, grainState.ETag);
        Forget(grainState, eTag);
    }

    private BlobClient BlobOf(string stateName, GrainId grainId) => _container.GetBlobClient($"{stateName}-{grainId}.json");

    private void Forget<T>(IGrainState<T> grainState, string? eTag)
    {
        grainState.State = activators.GetActivator<T>().Create();
        grainState.RecordExists = false;
        grainState.ETag = eTag;
    }

    private async Task<string> UploadAsync(BlobClient blob, BinaryData content, string? eTag)
    {
        var upload = new BlobUploadOptions { HttpHeaders = new() { ContentType = "application/octet-stream" }, Conditions = Fence(eTag) };
        try
        {
            return (await FencedAsync(blob, eTag, () => blob.UploadAsync(content, upload))).Value.ETag.ToString();
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await _container.CreateIfNotExistsAsync();
            return (await FencedAsync(blob, eTag, () => blob.UploadAsync(content, upload))).Value.ETag.ToString();
        }
    }

    /// <summary>Whoever knows no record may only make one; whoever knows one may only change that.</summary>
    private static BlobRequestConditions Fence(string? eTag) =>
        string.IsNullOrEmpty(eTag) ? new() { IfNoneMatch = ETag.All } : new() { IfMatch = new(eTag) };

    private static async Task<TAnswer> FencedAsync<TAnswer>(BlobClient blob, string? eTag, Func<Task<TAnswer>> change)
    {
        try
        {
            return await change();
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 or 404 && refused.ErrorCode != BlobErrorCode.ContainerNotFound)
        {
            throw new InconsistentStateException(
                $"The blob [{blob.Name}] in container [{blob.BlobContainerName}] is not what its writer knew: {refused.ErrorCode}", "Unknown", eTag, refused);
        }
    }
}
