using System.Collections.Immutable;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>What one output of a token classifier says of a word.</summary>
/// <param name="ClassName">Upper-case class of the entity, such as PER; empty for none.</param>
/// <param name="IsBeginning">Whether a new entity begins even right after one of the same class.</param>
internal readonly record struct IobTag(string ClassName, bool IsBeginning)
{
    /// <summary>The word belongs to no entity.</summary>
    public bool IsNone => ClassName.Length == 0;

    /// <summary>Reads a model's tags (models-nlp-ingest-security.md §3.3).</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.StateValidation"/>, naming a label that is there twice or is no tag.</exception>
    public static ImmutableArray<IobTag> ParseAll(string modelId, ImmutableArray<string> labels)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var label in labels)
        {
            if (!seen.Add(label))
                throw Invalid(modelId, label, "is there more than once");
        }

        return [.. labels.Select(label => Parse(modelId, label))];
    }

    private static IobTag Parse(string modelId, string label)
    {
        if (label is "O" or "o")
            return new("", IsBeginning: false);
        return label is [var kind and ('B' or 'b' or 'I' or 'i'), '-' or '_', _, ..]
            ? new(label[2..].ToUpperInvariant(), kind is 'B' or 'b')
            : throw Invalid(modelId, label, "is neither [O] nor a class after [B-], [B_], [I-] or [I_]");
    }

    private static MlException Invalid(string modelId, string label, string problem) =>
        new(MlErrorKind.StateValidation, $"[classification_labels] of trained model [{modelId}] cannot be used: [{label}] {problem}");
}
