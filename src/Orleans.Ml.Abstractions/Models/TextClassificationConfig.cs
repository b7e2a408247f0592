using System.Collections.Immutable;

namespace Orleans.Ml.Models;

/// <summary>Text classification.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="ClassificationLabels">At least two, in the order of the model's output.</param>
/// <param name="NumTopClasses">How many classes an answer lists; negative for all, 0 for none.</param>
[GenerateSerializer, Immutable, Alias("ml.TextClassificationConfig")]
public sealed record TextClassificationConfig(
    Tokenization Tokenization,
    string? ResultsField,
    [property: Id(0)] ImmutableArray<string> ClassificationLabels,
    [property: Id(1)] int NumTopClasses) : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "text_classification";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="TextClassificationConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="ClassificationLabels">Null to keep the model's; the count must stay.</param>
/// <param name="NumTopClasses">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.TextClassificationUpdate")]
public sealed record TextClassificationUpdate(
    TokenizationUpdate? Tokenization,
    string? ResultsField,
    [property: Id(0)] ImmutableArray<string>? ClassificationLabels,
    [property: Id(1)] int? NumTopClasses) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => TextClassificationConfig.Name;
}
