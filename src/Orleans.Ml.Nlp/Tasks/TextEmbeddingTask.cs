using System.Runtime.InteropServices;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>A text to a vector: the model's own <c>R[0][0]</c>, neither pooled nor normalised (models-nlp-ingest-security.md §3.7).</summary>
internal sealed class TextEmbeddingTask(SequenceEncoder encoder, string? resultsField) : TextTask(encoder, resultsField)
{
    /// <inheritdoc/>
    public override string Name => TextEmbeddingConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => false;

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output) =>
        new EmbeddingResult(MemoryMarshal.AsBytes(FirstRow(output)).ToArray(), document.Input.IsTruncated);

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update) =>
        new TextEmbeddingTask(changedEncoder, changedResultsField);
}
