using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Orleans.Ml.Api.Wire;

/// <summary>Sends the bytes of an answer: compressed for whoever asks for it, and for HEAD only their length.</summary>
internal static class AnswerBody
{
    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> bytes, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        var isHead = HttpMethods.IsHead(context.Request.Method);
        var acceptEncoding = context.Request.Headers.AcceptEncoding;

        // Never for HEAD: clients would unpack the body that is not there.
        if (acceptEncoding.Count > 0 && !isHead && AcceptsGzip(acceptEncoding))
        {
            bytes = Compress(bytes.Span);
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Vary = "Accept-Encoding";
        }

        response.ContentLength = bytes.Length;
        if (!isHead)
            await response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
    }

    private static bool AcceptsGzip(IList<string?> header)
    {
        if (header is ["identity"] || !StringWithQualityHeaderValue.TryParseList([.. header.OfType<string>()], out var accepted))
            return false;
        foreach (var encoding in accepted)
        {
            if (encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
                return encoding.Quality is not 0;
        }

        return false;
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
