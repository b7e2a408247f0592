using System.Collections.Immutable;

namespace Orleans.Ml.Models;

/// <summary>Named entity recognition.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="ClassificationLabels">IOB tags in the order of the model's output.</param>
[GenerateSerializer, Immutable, Alias("ml.NerConfig")]
public sealed record NerConfig(Tokenization Tokenization, string? ResultsField, [property: Id(0)] ImmutableArray<string> ClassificationLabels)
    : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "ner";

    /// <summary>The tags when none are given, in output order.</summary>
    public static ImmutableArray<string> DefaultLabels { get; } = ["O", "B_MISC", "I_MISC", "B_PER", "I_PER", "B_ORG", "I_ORG", "B_LOC", "I_LOC"];

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="NerConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.NerUpdate")]
public sealed record NerUpdate(TokenizationUpdate? Tokenization, string? ResultsField) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => NerConfig.Name;
}
