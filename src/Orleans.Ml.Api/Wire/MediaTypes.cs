using Microsoft.Net.Http.Headers;
using Orleans.Ml.Api.Errors;

namespace Orleans.Ml.Api.Wire;

/// <summary>Which formats a request speaks and wants. Rules: models-nlp-ingest-security.md §7.1, §7.2; client-wire.md §2.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string VendorJson8 = "application/vnd.elasticsearch+json;compatible-with=8";
    public const string VendorJson9 = "application/vnd.elasticsearch+json;compatible-with=9";

    /// <summary>What cat APIs answer unless JSON is asked for.</summary>
    public const string Text = "text/plain; charset=UTF-8";

    /// <summary>What cat APIs answer when YAML is asked for.</summary>
    public const string Yaml = "application/yaml";

    private const string VendorJson = "application/vnd.elasticsearch+json";

    /// <summary>The content type of the answer to an Accept header.</summary>
    /// <exception cref="ElasticErrorException">The header asks for something that cannot be served.</exception>
    public static string ForAccept(string? accept)
    {
        // The spellings that clients send, before anything is parsed. A list counts as no header at all.
        switch (accept)
        {
            case null or "" or "*/*" or "application/*" or "text/plain" or Json:
                return Json;
            case VendorJson9 or VendorJson + "; compatible-with=9":
                return VendorJson9;
            case VendorJson8 or VendorJson + "; compatible-with=8":
                return VendorJson8;
            case var _ when accept.Contains(',', StringComparison.Ordinal):
                return Json;
        }

        if (!MediaTypeHeaderValue.TryParse(accept, out var parsed))
            throw new ElasticErrorException(ElasticErrors.MediaTypeHeader($"Invalid media-type value on headers [Accept]: [{accept}]"));
        if (Is(parsed, VendorJson))
            return Version(parsed, "Accept") switch { "8" => VendorJson8, "9" => VendorJson9, _ => Json };
        if (Is(parsed, Json) || Is(parsed, "*/*") || Is(parsed, "application/*") || Is(parsed, "text/plain"))
            return Json;
        throw new ElasticErrorException(ElasticErrors.NotSupported("Accept", accept));
    }

    /// <summary>The content type of a cat API's answer: text unless the format, or an Accept header that is no list, asks for JSON or YAML.</summary>
    /// <exception cref="ElasticErrorException">The header asks for something that cannot be served.</exception>
    public static string ForCat(string? accept, string? format)
    {
        var isYaml = Yaml.Equals(accept, StringComparison.OrdinalIgnoreCase);
        var json = isYaml ? Json : ForAccept(accept);
        if (!string.IsNullOrEmpty(format))
            return format.ToLowerInvariant() switch { "text" => Text, "yaml" => Yaml, _ => json };
        if (isYaml)
            return Yaml;
        var isText = string.IsNullOrEmpty(accept) || accept.Contains(',', StringComparison.Ordinal) || accept.Contains('*', StringComparison.Ordinal)
            || accept.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase);
        return isText ? Text : json;
    }

    /// <summary>The content type of an error: errors are JSON also where the answer would have been text.</summary>
    public static string JsonOr(string? contentType) => contentType is null or Text or Yaml ? Json : contentType;

    /// <summary>Checks the format of a body against what this server reads and against the answer's format.</summary>
    /// <exception cref="ElasticErrorException">The body cannot be read.</exception>
    public static void CheckContentType(string? contentType, string answerType)
    {
        if (contentType == Json || (contentType is not null && contentType == answerType))
            return;
        if (!MediaTypeHeaderValue.TryParse(contentType, out var parsed) || !(Is(parsed, Json) || Is(parsed, VendorJson)))
            throw new ElasticErrorException(ElasticErrors.NotSupported("Content-Type", contentType ?? ""));
        if (!Is(parsed, VendorJson))
            return;
        var version = Version(parsed, "Content-Type");
        var isOther = (version == "8" && answerType == VendorJson9) || (version == "9" && answerType == VendorJson8);
        if (isOther)
        {
            throw new ElasticErrorException(ElasticErrors.MediaTypeHeader(
                $"A compatible version is required on both Content-Type and Accept headers: Accept=[{answerType}], Content-Type=[{contentType}]"));
        }
    }

    private static bool Is(MediaTypeHeaderValue parsed, string type) => parsed.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase);

    private static string? Version(MediaTypeHeaderValue parsed, string header)
    {
        foreach (var parameter in parsed.Parameters)
        {
            if (!parameter.Name.Equals("compatible-with", StringComparison.OrdinalIgnoreCase))
                continue;
            var version = HeaderUtilities.RemoveQuotes(parameter.Value).Value;
            if (version is "8" or "9")
                return version;
            throw new ElasticErrorException(ElasticErrors.MediaTypeHeader(
                $"Invalid media-type value on headers [{header}]: [compatible-with] must be 8 or 9, was [{version}]"));
        }

        return null;
    }
}
