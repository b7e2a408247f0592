namespace Orleans.Ml.Models;

/// <summary>How the scores of a long text's windows become one. Numbers are append-only.</summary>
public enum SpanScoreCombination
{
    /// <summary>The greatest.</summary>
    Max = 0,

    /// <summary>The mean.</summary>
    Mean = 1,
}

/// <summary>How near a text is to another, by a cross-encoder.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="SpanScoreCombination">How the scores of windows become one.</param>
[GenerateSerializer, Immutable, Alias("ml.TextSimilarityConfig")]
public sealed record TextSimilarityConfig(
    Tokenization Tokenization, string? ResultsField, [property: Id(0)] SpanScoreCombination SpanScoreCombination)
    : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "text_similarity";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>The text to compare with, and what a request may change of <see cref="TextSimilarityConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="Text">What every document is compared with.</param>
/// <param name="SpanScoreCombination">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.TextSimilarityUpdate")]
public sealed record TextSimilarityUpdate(
    TokenizationUpdate? Tokenization,
    string? ResultsField,
    [property: Id(0)] string Text,
    [property: Id(1)] SpanScoreCombination? SpanScoreCombination) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => TextSimilarityConfig.Name;
}
