using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Orleans.Ml.Models;
using Orleans.Ml.Storage.Files;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Models as block blobs: <c>{model}/{instance}/{file}</c>, named as files are in <see cref="FileModelStore"/>. A mark of the instance says that it exists: it is the
/// first to come and the first to go, so that a file which is finished after its instance was deleted finds that out.
/// </summary>
/// <param name="container">Where they are; created when something is first written.</param>
/// <param name="cache">Keeps on this machine what was read; null for none.</param>
/// <param name="contents">The same container for whole files, which take longer than what is asked of <paramref name="container"/>; null when that is patient enough.</param>
internal sealed class AzureBlobModelStore(BlobContainerClient container, ModelCache? cache, BlobContainerClient? contents = null) : IModelStore
{
    // No id is encoded with a '+'.
    private const string Mark = "+instance";
    private const int MarkAttempts = 5;
    private const int DeletesAtOnce = 16;

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListModelIdsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Read at once: models may come and go while the caller asks a grain for each id.
        var options = new GetBlobsByHierarchyOptions { Delimiter = "/" };
        var items = await GuardAsync("list models", () => AllAsync(container.GetBlobsByHierarchyAsync(options, cancellationToken)), cancellationToken);
        foreach (var item in items)
        {
            if (item.IsPrefix && PathSegment.Decode(item.Prefix.TrimEnd('/')) is { } modelId)
                yield return modelId;
        }
    }

    /// <inheritdoc/>
    public Task RegisterAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        var folder = FolderOf(modelId, instance);
        return GuardAsync($"register model [{modelId}]", () => MarkAsync(folder, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ModelFileWriter> CreateAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var action = $"write [{file.Name}] of model [{file.ModelId}]";
        var folder = FolderOf(file.ModelId, file.Instance);
        var blob = (contents ?? container).GetBlockBlobClient(NameOf(file));
        var mark = await GuardAsync(action, () => MarkAsync(folder, cancellationToken), cancellationToken);
        return new AzureBlobModelWriter(blob, container.GetBlobClient(folder + Mark), mark, action);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var name = NameOf(file);
        return cache is null
            ? (await DownloadAsync(file, name, cancellationToken)).Content
            : await cache.OpenReadAsync(name, token => DownloadAsync(file, name, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(NameOf(file));
        return GuardAsync($"delete [{file.Name}] of model [{file.ModelId}]", () => blob.DeleteIfExistsAsync(cancellationToken: cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteModelAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        var folder = FolderOf(modelId, instance);
        return GuardAsync($"delete model [{modelId}]", async () =>
        {
            await container.DeleteBlobIfExistsAsync(folder + Mark, cancellationToken: cancellationToken);
            var files = await AllAsync(container.GetBlobsAsync(new GetBlobsOptions { Prefix = folder }, cancellationToken));
            var limit = new ParallelOptions { MaxDegreeOfParallelism = DeletesAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(files, limit, async (file, token) => await container.DeleteBlobIfExistsAsync(file.Name, cancellationToken: token));
            return files.Count;
        }, cancellationToken);
    }

    private static string FolderOf(string modelId, string instance) =>
        $"{PathSegment.Encode(modelId, "model_id")}/{PathSegment.Encode(instance, "instance")}/";

    private static string NameOf(ModelFile file) => FolderOf(file.ModelId, file.Instance) + PathSegment.Encode(file.Name, "file");

    /// <summary>Makes the instance's mark when it is not there. Returns its ETag, which no other mark of that instance ever has.</summary>
    private async Task<ETag> MarkAsync(string folder, CancellationToken cancellationToken)
    {
        var mark = container.GetBlobClient(folder + Mark);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var upload = new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } };
                return (await mark.UploadAsync(BinaryData.Empty, upload, cancellationToken)).Value.ETag;
            }
            catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.ContainerNotFound && attempt < MarkAttempts)
            {
                await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            }
            catch (RequestFailedException there) when (there.Status is 409 or 412 && attempt < MarkAttempts)
            {
                // It may be deleted right now; then it is made anew.
                if (await FindMarkAsync(mark, cancellationToken) is { } eTag)
                    return eTag;
            }
        }
    }

    private static async Task<ETag?> FindMarkAsync(BlobClient mark, CancellationToken cancellationToken)
    {
        try
        {
            return (await mark.GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ETag;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    private Task<ModelDownload> DownloadAsync(ModelFile file, string name, CancellationToken cancellationToken)
    {
        var action = $"read [{file.Name}] of model [{file.ModelId}]";
        return GuardAsync(action, async () =>
        {
            try
            {
                var blob = (await (contents ?? container).GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
                blob.Details.Metadata.TryGetValue(AzureBlobModelWriter.HashKey, out var hash);
                return new ModelDownload(new ModelDownloadStream(blob.Content, action), blob.Details.ContentLength, hash);
            }
            catch (RequestFailedException missing) when (missing.Status == 404)
            {
                throw new FileNotFoundException($"There is no [{file.Name}] of model [{file.ModelId}]");
            }
        }, cancellationToken);
    }

    /// <summary>All of a listing; nothing when the container is not there yet.</summary>
    private static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        try
        {
            await foreach (var item in items)
                all.Add(item);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            all.Clear();
        }

        return all;
    }

    private static async Task<T> GuardAsync<T>(string action, Func<Task<T>> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step();
        }
        catch (Exception refused) when (AzureStorageFailure.IsOne(refused, cancellationToken))
        {
            throw AzureStorageFailure.Of(refused, action);
        }
    }
}
