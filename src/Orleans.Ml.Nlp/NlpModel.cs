using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp;

/// <summary>All text work of one loaded model: its tokenizer and its task. Immutable, safe on any thread.</summary>
public abstract class NlpModel
{
    /// <summary>Builds it.</summary>
    /// <exception cref="MlException">The vocabulary or the labels do not fit: <see cref="MlErrorKind.Conflict"/> or <see cref="MlErrorKind.StateValidation"/>.</exception>
    public static NlpModel Create(string modelId, InferenceConfig config, Vocabulary vocabulary) =>
        throw new NotSupportedException();

    /// <summary>How many int64 tensors the tokenizer supplies: what the model's <c>forward</c> has to take.</summary>
    public abstract int Arguments { get; }

    /// <summary>The task with a request's overrides applied; <paramref name="update"/> null gives the stored task without an allocation.</summary>
    /// <exception cref="MlException">Another task's update (<see cref="MlErrorKind.Forbidden"/>), or values that do not fit (400 kinds).</exception>
    public abstract NlpTask Bind(InferenceUpdate? update);
}
