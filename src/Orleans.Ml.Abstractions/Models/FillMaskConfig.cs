namespace Orleans.Ml.Models;

/// <summary>The word that stands at a mask. The mask itself is the tokenizer's own, <see cref="TokenizerKinds.MaskToken"/>.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="NumTopClasses">How many words an answer lists; negative for all, 0 for none.</param>
[GenerateSerializer, Immutable, Alias("ml.FillMaskConfig")]
public sealed record FillMaskConfig(Tokenization Tokenization, string? ResultsField, [property: Id(0)] int NumTopClasses)
    : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "fill_mask";

    /// <summary>Words in an answer when nothing is said.</summary>
    public const int DefaultNumTopClasses = 5;

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="FillMaskConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="NumTopClasses">Null to keep the model's.</param>
/// <param name="MaskToken">Must be the tokenizer's own; null when not said.</param>
[GenerateSerializer, Immutable, Alias("ml.FillMaskUpdate")]
public sealed record FillMaskUpdate(
    TokenizationUpdate? Tokenization,
    string? ResultsField,
    [property: Id(0)] int? NumTopClasses,
    [property: Id(1)] string? MaskToken) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => FillMaskConfig.Name;
}
