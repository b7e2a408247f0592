using Orleans.Ml.Inference;

namespace Orleans.Ml.Nlp;

/// <summary>A task with everything a request may change settled. Immutable, safe on any thread.</summary>
public abstract class NlpTask
{
    /// <summary>Name of the main result member; null for the default.</summary>
    public abstract string? ResultsField { get; }

    /// <summary>Text work before the model.</summary>
    /// <exception cref="MlException">The text does not fit (400 kinds).</exception>
    public abstract PreparedDocument Prepare(string text);

    /// <summary>Text work after the model.</summary>
    /// <exception cref="MlException">The model's output does not have the shape its configuration promises (<see cref="MlErrorKind.ModelFailed"/>).</exception>
    public abstract InferenceResult Interpret(PreparedDocument document, in ModelOutput output);
}
