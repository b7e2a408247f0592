namespace Orleans.Ml.Models;

/// <summary>Text embedding.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="EmbeddingSize">Numbers in a vector; null when not told.</param>
[GenerateSerializer, Immutable, Alias("ml.TextEmbeddingConfig")]
public sealed record TextEmbeddingConfig(Tokenization Tokenization, string? ResultsField, [property: Id(0)] int? EmbeddingSize)
    : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "text_embedding";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="TextEmbeddingConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.TextEmbeddingUpdate")]
public sealed record TextEmbeddingUpdate(TokenizationUpdate? Tokenization, string? ResultsField) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => TextEmbeddingConfig.Name;
}
