using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Orleans.Ml.Api.Wire;

/// <summary>Parts of the path.</summary>
internal static class PathValues
{
    /// <summary>A part of the path, decoded. The server has left an encoded slash as it was, because it would have made two parts of it.</summary>
    public static string PathValue(this HttpContext context, string name) => PathValueOrNull(context, name)!;

    /// <summary>The same; null when this path has no such part.</summary>
    public static string? PathValueOrNull(this HttpContext context, string name)
    {
        var value = (string?)context.GetRouteValue(name);
        return value?.Replace("%2f", "/", StringComparison.OrdinalIgnoreCase);
    }
}
