using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Contracts;

/// <summary>The rule for model aliases (models-nlp-ingest-security.md §0.2).</summary>
internal static class ModelAliasNames
{
    // Elasticsearch sets no limit; what is longer than a path part may be is no name.
    private const int MaxLength = 512;

    /// <summary>All that is wrong with an alias.</summary>
    public static List<string> FindProblems(string alias, string modelId)
    {
        var problems = new List<string>();
        if (alias == modelId)
            problems.Add($"[model_alias] [{Excerpt.Of(alias)}] must not equal [model_id]");
        var endsInDigit = alias.Length > 1 && char.IsAsciiDigit(alias[^1]);
        if (!ModelIds.HasForm(alias) || endsInDigit)
            problems.Add($"invalid [model_alias] [{Excerpt.Of(alias)}]: it must hold only lower-case letters, digits, '_', '-' and '.', must start with a " +
                "letter or a digit, and must end with a letter");
        if (alias.Length > MaxLength)
            problems.Add($"invalid [model_alias] [{Excerpt.Of(alias)}]: it must be at most [{MaxLength}] characters long");
        return problems;
    }
}
