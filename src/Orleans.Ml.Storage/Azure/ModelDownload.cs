namespace Orleans.Ml.Storage.Azure;

/// <summary>A model file on its way from the store.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="LengthBytes">How many there are.</param>
/// <param name="Hash">Their SHA-256, 64 hexadecimal digits; null when nobody has noted it.</param>
internal sealed record ModelDownload(Stream Content, long LengthBytes, string? Hash);

/// <summary>Gives a model file's bytes and turns what goes wrong on the way into the API's error.</summary>
internal sealed class ModelDownloadStream(Stream content, string action) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return content.Read(buffer);
        }
        catch (Exception failed) when (AzureStorageFailure.IsOne(failed))
        {
            throw AzureStorageFailure.Of(failed, action);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception failed) when (AzureStorageFailure.IsOne(failed, cancellationToken))
        {
            throw AzureStorageFailure.Of(failed, action);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
        base.Dispose(disposing);
    }
}
