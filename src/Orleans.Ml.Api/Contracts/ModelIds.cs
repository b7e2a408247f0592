namespace Orleans.Ml.Api.Contracts;

/// <summary>The rule for model ids and tags (models-nlp-ingest-security.md §0.2).</summary>
internal static class ModelIds
{
    public const int MaxLength = 64;

    /// <summary>What the rule says, for reasons.</summary>
    public const string Rule = "must hold only lower-case letters, digits, '_', '-' and '.', and must start and end with a letter or a digit";

    /// <summary>Whether it has the form of an id, apart from its length.</summary>
    public static bool HasForm(string id)
    {
        if (id.Length == 0 || !IsAlphanumeric(id[0]) || !IsAlphanumeric(id[^1]))
            return false;
        foreach (var c in id)
        {
            if (!IsAlphanumeric(c) && c is not ('_' or '-' or '.'))
                return false;
        }

        return true;
    }

    /// <summary>Whether a model of this id can exist.</summary>
    public static bool IsValid(string id) => id.Length <= MaxLength && HasForm(id);

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
