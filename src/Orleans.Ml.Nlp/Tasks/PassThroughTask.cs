using System.Runtime.InteropServices;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The model's own numbers, <c>R[0]</c> as they are (models-nlp-ingest-security.md §3.9).</summary>
internal sealed class PassThroughTask(SequenceEncoder encoder, string? resultsField) : TextTask(encoder, resultsField)
{
    /// <inheritdoc/>
    public override string Name => PassThroughConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => true;

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        FirstRow(output);
        var first = output.Values[..(output.Rows * output.Columns)];
        return new RawResult(MemoryMarshal.AsBytes(first).ToArray(), output.Columns, document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update) =>
        new PassThroughTask(changedEncoder, changedResultsField);
}
