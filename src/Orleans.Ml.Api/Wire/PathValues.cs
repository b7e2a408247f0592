using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Orleans.Ml.Api.Wire;

/// <summary>Parts of the path.</summary>
internal static class PathValues
{
    private const string EncodedSlash = "%2f";

    /// <summary>A part of the path, decoded once.</summary>
    public static string PathValue(this HttpContext context, string name) => PathValueOrNull(context, name)!;

    /// <summary>The same; null when this path has no such part.</summary>
    public static string? PathValueOrNull(this HttpContext context, string name)
    {
        var value = (string?)context.GetRouteValue(name);
        return value is not null && value.Contains(EncodedSlash, StringComparison.OrdinalIgnoreCase) ? DecodeSlashes(context, name, value) : value;
    }

    // The server leaves an encoded slash as it is, because it would make two parts of one. So "%2f" here is either that, to be decoded, or the
    // decoded form of "%252f", to be left: only what the client has sent tells.
    private static string DecodeSlashes(HttpContext context, string name, string value)
    {
        var pattern = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.PathSegments ?? [];
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (target.Length == 0)
            return Slashes(value);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var sent = (query < 0 ? target : target[..query]).Split('/');
        for (var i = 0; i < pattern.Count && i + 1 < sent.Length; i++)
        {
            if (pattern[i].Parts is not [RoutePatternParameterPart part] || part.Name != name)
                continue;
            var decoded = Uri.UnescapeDataString(sent[i + 1]);
            return Slashes(decoded) == Slashes(value) ? decoded : value;
        }

        return value;
    }

    private static string Slashes(string text) => text.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase);
}
