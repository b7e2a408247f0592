using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orleans.Ml.Api.Errors;

namespace Orleans.Ml.Api.Wire;

/// <summary>The query of a request; null answers mean "not given". Costs nothing when there is none.</summary>
internal readonly struct QueryParameters
{
    /// <summary>Known everywhere (deployment-runtime.md §0.2).</summary>
    private static readonly string[] Common = ["pretty", "human", "error_trace", "filter_path", "format"];

    private readonly IQueryCollection? _query;

    private QueryParameters(IQueryCollection? query) => _query = query;

    public static QueryParameters Of(HttpContext context) => new(context.Request.QueryString.HasValue ? context.Request.Query : null);

    /// <summary>The common parameters: known everywhere.</summary>
    public static IReadOnlyList<string> CommonNames => Common;

    /// <summary>Refuses parameters that neither every route nor this one knows, and formats that this one does not answer in.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">What this route knows.</param>
    /// <param name="allowsText">Whether it also answers with text and YAML.</param>
    /// <param name="allowsSource">Whether the body may be a parameter.</param>
    public void CheckAllKnown(HttpContext context, ReadOnlySpan<string> known, bool allowsText = false, bool allowsSource = false)
    {
        if (_query is null)
            return;
        List<string>? unknown = null;
        foreach (var (name, _) in _query)
        {
            if (!Common.AsSpan().Contains(name) && !known.Contains(name) && !(allowsSource && SourceBody.Parameters.Contains(name)))
                (unknown ??= []).Add(name);
        }

        if (unknown is not null)
            throw UnknownParameters.Refuse(context.Request.Path.Value ?? "/", unknown, [.. Common, .. known]);
        var allowsFormat = String("format")?.ToLowerInvariant() is null or "" or "json" || (allowsText && (IsText || IsYaml));
        if (!allowsFormat)
            throw new ElasticErrorException(ElasticErrors.NotSupported("format", Excerpt.Of(String("format")!)));
        foreach (var name in (ReadOnlySpan<string>)["pretty", "human", "error_trace"])
            Boolean(name);
    }

    // The last one wins, as in Elasticsearch.
    public string? String(string name) =>
        _query is not null && _query.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] ?? "" : null;

    /// <summary>Whether the answer is asked for as text for people.</summary>
    public bool IsText => "text".Equals(String("format"), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the answer is asked for as YAML.</summary>
    private bool IsYaml => "yaml".Equals(String("format"), StringComparison.OrdinalIgnoreCase);

    public bool IsOn(string name) => String(name) is "" or "true";

    /// <summary>A present parameter without a value is true.</summary>
    public bool? Boolean(string name) => String(name) switch
    {
        null => null,
        "" or "true" => true,
        "false" => false,
        var other => throw new MlException(MlErrorKind.IllegalArgument, $"[{name}] must be [true] or [false], was [{Excerpt.Of(other)}]"),
    };

    public int? Int32(string name)
    {
        if (String(name) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw new MlException(MlErrorKind.IllegalArgument, $"[{name}] must be an integer, was [{Excerpt.Of(text)}]");
    }

    public TimeSpan? Time(string name)
    {
        if (String(name) is not { } text)
            return null;
        return TimeValue.TryParse(text, out var value) ? value
            : throw new MlException(MlErrorKind.IllegalArgument, TimeValue.Problem(name, text));
    }

    public ByteSize? Bytes(string name)
    {
        if (String(name) is not { } text)
            return null;
        return ByteSize.TryParse(text, out var value) ? value : throw new MlException(MlErrorKind.Parse, ByteSize.Problem(name, text));
    }

    /// <summary>A token of a small set, in any case.</summary>
    public T? Token<T>(string name, Func<string, T?> parse, string allowed) where T : struct => String(name) is not { } text ? null
        : parse(text) ?? throw new MlException(MlErrorKind.IllegalArgument, $"[{name}] must be one of [{allowed}], was [{Excerpt.Of(text)}]");

    /// <summary>A comma list without its empty items.</summary>
    public string[] List(string name) => String(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
