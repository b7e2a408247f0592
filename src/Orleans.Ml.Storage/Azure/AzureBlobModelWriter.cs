using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Orleans.Ml.Models;

namespace Orleans.Ml.Storage.Azure;

/// <summary>One model file being written as blocks. Nobody sees them before the commit names them; the service forgets blocks that are not committed within a week.</summary>
internal sealed class AzureBlobModelWriter(BlockBlobClient blob, BlobClient mark, ETag markETag, string action) : ModelFileWriter
{
    /// <summary>The blob's metadata that holds the SHA-256 of its content, 64 hexadecimal digits.</summary>
    public const string HashKey = "sha256";

    private readonly BlockStream _content = new(blob, action);

    /// <inheritdoc/>
    public override Stream Content => _content;

    /// <inheritdoc/>
    public override async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _content.CommitAsync(HashKey, cancellationToken);
            if (await IsMarkedAsync(cancellationToken))
                return;
            // Whoever deleted the instance may have listed its files before this one was there.
            await blob.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception refused) when (AzureStorageFailure.IsOne(refused, cancellationToken))
        {
            throw AzureStorageFailure.Of(refused, action);
        }

        throw new MlException(MlErrorKind.NotFound, $"Cannot {action}: the model was deleted meanwhile");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await _content.DisposeAsync();

    private async Task<bool> IsMarkedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await mark.GetPropertiesAsync(new BlobRequestConditions { IfMatch = markETag }, cancellationToken);
            return true;
        }
        catch (RequestFailedException gone) when (gone.Status is 404 or 412)
        {
            return false;
        }
    }
}
