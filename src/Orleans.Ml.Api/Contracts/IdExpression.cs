using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Contracts;

/// <summary>A comma list of ids and wildcards, as in paths: <c>a,b*,_all</c>. Rules: models-nlp-ingest-security.md §1.4.</summary>
internal sealed class IdExpression
{
    private readonly string[] _items;

    private IdExpression(string[] items) => _items = items;

    /// <summary>Whether only listing all ids can tell what it names.</summary>
    public bool HasWildcard => _items.Any(IsWildcard);

    /// <summary>The plain ids in it.</summary>
    public IEnumerable<string> Ids => _items.Where(i => !IsWildcard(i)).Distinct(StringComparer.Ordinal);

    /// <summary>Nothing said means all.</summary>
    public static IdExpression Parse(string? text)
    {
        var items = text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return new(items.Length == 0 ? ["*"] : [.. items.Select(i => i == "_all" ? "*" : i)]);
    }

    /// <summary>Whether it names this id.</summary>
    public bool Matches(string id) => Array.Exists(_items, i => Matches(i, id));

    /// <summary>Refuses items that name nothing: plain ids always, wildcards only when asked for.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/>.</exception>
    public void RequireMatches(IReadOnlyCollection<string> ids, bool allowNoMatch)
    {
        var unmatched = _items.Where(i => !(allowNoMatch && IsWildcard(i)) && !ids.Any(id => Matches(i, id))).ToList();
        if (unmatched.Count > 0)
            throw new MlException(MlErrorKind.NotFound,
                $"No known trained model or deployment with model_id [{Excerpt.Of(string.Join(",", unmatched))}]");
    }

    private static bool IsWildcard(string item) => item.Contains('*', StringComparison.Ordinal);

    private static bool Matches(string item, string id) => IsWildcard(item) ? Wildcard.Matches(item, id) : item == id;
}
