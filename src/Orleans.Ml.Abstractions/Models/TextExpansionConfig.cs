namespace Orleans.Ml.Models;

/// <summary>How a model's output becomes weights of tokens. Numbers are append-only.</summary>
public enum ExpansionType
{
    /// <summary>The model's first row is the weights.</summary>
    Elser = 0,

    /// <summary>The model gives a row per token: the greatest of log(1 + relu(x)) counts.</summary>
    Splade = 1,
}

/// <summary>Text expansion: weights of tokens of the vocabulary, for sparse search.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="ExpansionType">How the output becomes weights.</param>
[GenerateSerializer, Immutable, Alias("ml.TextExpansionConfig")]
public sealed record TextExpansionConfig(Tokenization Tokenization, string? ResultsField, [property: Id(0)] ExpansionType ExpansionType)
    : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "text_expansion";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="TextExpansionConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="ExpansionType">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.TextExpansionUpdate")]
public sealed record TextExpansionUpdate(TokenizationUpdate? Tokenization, string? ResultsField, [property: Id(0)] ExpansionType? ExpansionType)
    : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => TextExpansionConfig.Name;
}
