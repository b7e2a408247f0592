using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Ml.Api.Wire;

/// <summary>A whole request body in a pooled buffer; dispose it when nothing reads it any more.</summary>
internal struct RequestBody : IDisposable
{
    /// <summary>The largest body, compressed or not, in bytes: Elasticsearch's <c>http.max_content_length</c>.</summary>
    public const long MaxBytes = 100 * 1024 * 1024;

    // Grows as bytes come: a header alone must not make us set memory aside.
    private const int InitialBytes = 4 * 1024;
    private const int LargestFirstBytes = 256 * 1024;

    // The pool would keep larger ones for long; they are for the garbage collector.
    private const int LargestPooledBytes = 1024 * 1024;

    private byte[]? _buffer;
    private int _length;

    /// <summary>The bytes, decompressed.</summary>
    public readonly ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads all of it.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.TooLarge"/>, or <see cref="MlErrorKind.IllegalArgument"/> for a compression that is
    /// unknown or broken.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, long limitBytes = MaxBytes)
    {
        var body = new RequestBody();
        if (!MayExist(context))
            return body;
        await using var stream = Open(context, limitBytes);
        body._buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(context.Request.ContentLength + 1 ?? 0, InitialBytes, LargestFirstBytes));
        try
        {
            while (true)
            {
                var read = await ReadSomeAsync(stream, body._buffer.AsMemory(body._length), context.RequestAborted);
                if (read == 0)
                    return body;
                body._length += read;
                if (body._length > limitBytes)
                    throw TooLarge(limitBytes);
                if (body._length == body._buffer.Length)
                    body.Grow();
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The decompressed bytes as they come. The reader counts them: compressed bodies may be larger than they say.</summary>
    public static Stream Open(HttpContext context, long limitBytes = MaxBytes)
    {
        if (context.Request.ContentLength > limitBytes)
            throw TooLarge(limitBytes);

        // The server's own limit would answer without the envelope, and is lower.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        return context.Request.Headers.ContentEncoding.ToString() switch
        {
            "" or "identity" => context.Request.Body,
            "gzip" or "x-gzip" => new GZipStream(context.Request.Body, CompressionMode.Decompress, leaveOpen: true),
            var other => throw new MlException(MlErrorKind.IllegalArgument, $"Content-Encoding [{Excerpt.Of(other)}] is not supported; [gzip] is"),
        };
    }

    /// <summary>Reads the next bytes; 0 at the end.</summary>
    public static async ValueTask<int> ReadSomeAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException broken)
        {
            throw new MlException(MlErrorKind.IllegalArgument, $"The body is not valid gzip: {broken.Message}");
        }
    }

    /// <summary>The error of a body above the limit.</summary>
    public static MlException TooLarge(long limitBytes) =>
        new(MlErrorKind.TooLarge, $"The body is larger than the limit of [{limitBytes}] bytes");

    /// <summary>Whether there may be a body; with chunks only reading tells.</summary>
    public static bool MayExist(HttpContext context) => context.Request.ContentLength is { } length
        ? length > 0
        : context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false;

    /// <summary>Refuses a body where none is read.</summary>
    public static async ValueTask RefuseAsync(HttpContext context)
    {
        if (!MayExist(context))
            return;
        if (context.Request.ContentLength is null && await ReadSomeAsync(context.Request.Body, new byte[1], context.RequestAborted) == 0)
            return;
        throw new MlException(MlErrorKind.IllegalArgument,
            $"request [{context.Request.Method} {Excerpt.Of(context.Request.Path.Value ?? "/")}] does not support having a body");
    }

    public void Dispose()
    {
        if (_buffer is null)
            return;
        GiveBack(_buffer);
        _buffer = null;
        _length = 0;
    }

    private void Grow()
    {
        var length = _buffer!.Length * 2;
        var larger = length <= LargestPooledBytes ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        GiveBack(_buffer);
        _buffer = larger;
    }

    private static void GiveBack(byte[] buffer)
    {
        if (buffer.Length <= LargestPooledBytes)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
