using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>A text to the most probable of some labels; of several windows the first counts (models-nlp-ingest-security.md §3.2).</summary>
internal sealed class TextClassificationTask(SequenceEncoder encoder, string? resultsField, ImmutableArray<string> labels, int topClasses)
    : TextTask(encoder, resultsField)
{
    private const int MostOnStack = 256;

    /// <inheritdoc/>
    public override string Name => TextClassificationConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => true;

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var logits = FirstRow(output);
        if (logits.Length != labels.Length)
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{logits.Length}] values, [classification_labels] has [{labels.Length}]");
        var probabilities = logits.Length <= MostOnStack ? stackalloc double[logits.Length] : new double[logits.Length];
        Softmax.Write(logits, probabilities);
        var best = Softmax.ArgMax(probabilities);
        return new ClassificationResult(labels[best], probabilities[best], Ranking.Top(probabilities, topClasses, i => labels[i]), document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update)
    {
        var own = (TextClassificationUpdate)update;
        var changedLabels = own.ClassificationLabels ?? labels;
        if (changedLabels.Length != labels.Length)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"[classification_labels] of the update has [{changedLabels.Length}] entries, the model's has [{labels.Length}]; the counts must be equal");
        }

        return new TextClassificationTask(changedEncoder, changedResultsField, changedLabels, own.NumTopClasses ?? topClasses);
    }
}
