using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Api.Wire;

/// <summary>Warns in a header of what is about to go away, or may not be meant.</summary>
internal static class ResponseWarning
{
    private const string Prefix = $"299 Elasticsearch-{ElasticsearchVersion.Number}-{ElasticsearchVersion.BuildHash}";

    public static void Add(HttpContext context, string text) => context.Response.Headers.Append("Warning", $"{Prefix} \"{text}\"");
}
