using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Api.Wire;

/// <summary>Says in a header that something will go away.</summary>
internal static class DeprecationWarning
{
    private const string Prefix = $"299 Elasticsearch-{ElasticsearchVersion.Number}-{ElasticsearchVersion.BuildHash}";

    public static void Add(HttpContext context, string text) => context.Response.Headers.Append("Warning", $"{Prefix} \"{text}\"");
}
