using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Api.Wire;

/// <summary>A body as a query parameter, for clients that cannot send one with GET (deployment-runtime.md §0.2).</summary>
internal static class SourceBody
{
    private const string Source = "source";
    private const string SourceContentType = "source_content_type";

    /// <summary>Known where a body is read and none was sent.</summary>
    public static IReadOnlyList<string> Parameters { get; } = [Source, SourceContentType];

    /// <summary>Makes the parameter the body that everything after reads; false when there is none.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.IllegalArgument"/>: one parameter without the other.</exception>
    public static bool TryUse(HttpContext context, QueryParameters query)
    {
        var (source, type) = (query.String(Source), query.String(SourceContentType));
        if (source is null && type is null)
            return false;
        if (source is null || type is null)
            throw new MlException(MlErrorKind.IllegalArgument, $"[{Source}] and [{SourceContentType}] must be given together");
        var bytes = Encoding.UTF8.GetBytes(source);
        context.Request.Body = new MemoryStream(bytes, writable: false);
        context.Request.ContentLength = bytes.Length;
        context.Request.ContentType = type;
        context.Request.Headers.Remove("Content-Encoding");
        return true;
    }
}
