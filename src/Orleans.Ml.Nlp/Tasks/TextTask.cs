using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>A task over text: one sequence, the document's text, unless it says otherwise.</summary>
internal abstract class TextTask(SequenceEncoder encoder, string? resultsField) : NlpTask
{
    /// <inheritdoc/>
    public sealed override string? ResultsField => resultsField;

    /// <summary>How text becomes rows.</summary>
    public SequenceEncoder Encoder => encoder;

    /// <summary>The task's name in the API.</summary>
    public abstract string Name { get; }

    /// <summary>Whether long texts may become windows.</summary>
    public abstract bool AllowsSpan { get; }

    /// <inheritdoc/>
    public override PreparedDocument Prepare(string text)
    {
        using var tokens = encoder.Tokenize(text);
        var input = encoder.Encode(tokens);
        return Describe(text, input, tokens.Tokens);
    }

    /// <summary>The task with a request's overrides applied.</summary>
    /// <param name="update">This task's own kind of update.</param>
    /// <exception cref="MlException">Values that do not fit (400 kinds).</exception>
    public NlpTask With(InferenceUpdate update) =>
        Rebuild(encoder.With(encoder.Settings.With(update.Tokenization, Name, AllowsSpan)), update.ResultsField ?? resultsField, update);

    /// <summary>Keeps what is needed to read the model's answer; <paramref name="tokens"/> are those of the rows and valid during the call only.</summary>
    protected virtual PreparedDocument Describe(string text, ModelInput input, ReadOnlySpan<Token> tokens) => new(text, input);

    /// <summary>The task with settled common parts and this task's own overrides applied.</summary>
    protected abstract NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update);

    /// <summary>The only row of tasks whose models give one, <c>R[0][0]</c>.</summary>
    protected static ReadOnlySpan<float> FirstRow(in ModelOutput output) => output.Batches > 0 && output.Rows > 0
        ? output.Row(0, 0)
        : throw new MlException(MlErrorKind.ModelFailed, $"The model gave no result: its output has shape [{output.Batches}, {output.Rows}, {output.Columns}]");
}
