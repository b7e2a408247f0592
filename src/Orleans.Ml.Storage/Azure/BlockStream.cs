using System.Buffers;
using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Orleans.Ml.Storage.Azure;

/// <summary>Takes a blob's bytes, stages them as blocks and computes their hash. A small file is never staged: it is sent whole by the commit.</summary>
internal sealed class BlockStream(BlockBlobClient blob, string action) : Stream
{
    /// <summary>Bytes of a block. A blob has 50 000 blocks at most.</summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string> _blocks = [];
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private int _buffered;
    private bool _isDisposed;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Makes what was written the blob's content, as a whole.</summary>
    /// <param name="hashKey">The metadata that gets its hash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task CommitAsync(string hashKey, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string> { [hashKey] = Convert.ToHexStringLower(_hash.GetCurrentHash()) };
        if (_blocks.Count == 0)
        {
            await blob.UploadAsync(Buffered(), new BlobUploadOptions { Metadata = metadata }, cancellationToken);
            return;
        }

        if (_buffered > 0)
            await blob.StageBlockAsync(NextBlock(), Buffered(), cancellationToken: cancellationToken);
        _buffered = 0;
        await blob.CommitBlockListAsync(_blocks, new CommitBlockListOptions { Metadata = metadata }, cancellationToken);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_buffered == BlockBytes)
                Guard(() => blob.StageBlock(NextBlock(), Buffered()));
            buffer = buffer[Take(buffer)..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (_buffered == BlockBytes)
                await StageAsync(cancellationToken);
            buffer = buffer[Take(buffer.Span)..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: what counts is the commit.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _hash.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var taken = bytes[..Math.Min(bytes.Length, BlockBytes - _buffered)];
        taken.CopyTo(_buffer.AsSpan(_buffered));
        _hash.AppendData(taken);
        _buffered += taken.Length;
        return taken.Length;
    }

    private MemoryStream Buffered() => new(_buffer, 0, _buffered, writable: false);

    private string NextBlock()
    {
        // All names of a blob's blocks must have one length.
        var name = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
        _blocks.Add(name);
        return name;
    }

    private void Guard(Action stage)
    {
        try
        {
            stage();
            _buffered = 0;
        }
        catch (Exception refused) when (AzureStorageFailure.IsOne(refused))
        {
            throw AzureStorageFailure.Of(refused, action);
        }
    }

    private async Task StageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await blob.StageBlockAsync(NextBlock(), Buffered(), cancellationToken: cancellationToken);
            _buffered = 0;
        }
        catch (Exception refused) when (AzureStorageFailure.IsOne(refused, cancellationToken))
        {
            throw AzureStorageFailure.Of(refused, action);
        }
    }
}
