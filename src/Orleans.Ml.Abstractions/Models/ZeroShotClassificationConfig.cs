using System.Collections.Immutable;

namespace Orleans.Ml.Models;

/// <summary>Classification by labels that the model was not trained with: does the text entail <c>This example is {label}.</c>?</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="ClassificationLabels">Entailment, neutral and contradiction in the order of the model's output, in any case.</param>
/// <param name="HypothesisTemplate">Its first <c>{}</c> becomes the label.</param>
/// <param name="MultiLabel">Whether each label is judged on its own.</param>
/// <param name="Labels">Null when every request brings its own; else at least one.</param>
[GenerateSerializer, Immutable, Alias("ml.ZeroShotClassificationConfig")]
public sealed record ZeroShotClassificationConfig(
    Tokenization Tokenization,
    string? ResultsField,
    [property: Id(0)] ImmutableArray<string> ClassificationLabels,
    [property: Id(1)] string HypothesisTemplate,
    [property: Id(2)] bool MultiLabel,
    [property: Id(3)] ImmutableArray<string>? Labels) : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "zero_shot_classification";

    /// <summary>The hypothesis when none is given.</summary>
    public const string DefaultHypothesisTemplate = "This example is {}.";

    /// <summary>The class of texts that the hypothesis follows from.</summary>
    public const string Entailment = "entailment";

    /// <summary>The class of texts that say nothing of the hypothesis.</summary>
    public const string Neutral = "neutral";

    /// <summary>The class of texts that contradict the hypothesis.</summary>
    public const string Contradiction = "contradiction";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="ZeroShotClassificationConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="Labels">Null to keep the model's; else at least one.</param>
/// <param name="MultiLabel">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.ZeroShotClassificationUpdate")]
public sealed record ZeroShotClassificationUpdate(
    TokenizationUpdate? Tokenization,
    string? ResultsField,
    [property: Id(0)] ImmutableArray<string>? Labels,
    [property: Id(1)] bool? MultiLabel) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => ZeroShotClassificationConfig.Name;
}
