namespace Orleans.Ml.Models;

/// <summary>What a model is for; one kind per task.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member; null for <c>predicted_value</c>.</param>
[GenerateSerializer, Immutable, Alias("ml.InferenceConfig")]
public abstract record InferenceConfig([property: Id(0)] Tokenization Tokenization, [property: Id(1)] string? ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public abstract string TaskName { get; }
}

/// <summary>What a request may change of a model's configuration; one kind per task, which must be the model's.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.InferenceUpdate")]
public abstract record InferenceUpdate([property: Id(0)] TokenizationUpdate? Tokenization, [property: Id(1)] string? ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public abstract string TaskName { get; }
}
