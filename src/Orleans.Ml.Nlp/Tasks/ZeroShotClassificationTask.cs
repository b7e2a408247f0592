using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The label whose hypothesis a text entails most: one row for each label (models-nlp-ingest-security.md §3.6).</summary>
internal sealed class ZeroShotClassificationTask : TextTask
{
    private readonly Hypothesis _hypothesis;
    private readonly ImmutableArray<string>? _labels;
    private readonly bool _multiLabel;
    private readonly Token[][] _hypotheses;

    /// <summary>Builds it with all hypotheses made to tokens.</summary>
    public ZeroShotClassificationTask(
        SequenceEncoder encoder, string? resultsField, Hypothesis hypothesis, ImmutableArray<string>? labels, bool multiLabel)
        : base(encoder, resultsField)
    {
        (_hypothesis, _labels, _multiLabel) = (hypothesis, labels, multiLabel);
        _hypotheses = [.. (labels ?? []).Select(label =>
        {
            using var tokens = encoder.Tokenize(hypothesis.Of(label));
            return tokens.Tokens.ToArray();
        })];
    }

    /// <inheritdoc/>
    public override string Name => ZeroShotClassificationConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => false;

    /// <inheritdoc/>
    public override PreparedDocument Prepare(string text)
    {
        if (_hypotheses.Length == 0)
            throw new MlException(MlErrorKind.BadRequest, $"[labels] are required for [{Name}]: neither the model nor the request has any");
        using var tokens = Encoder.Tokenize(text);
        return new(text, Encoder.Pairs.EncodeEach(tokens.Tokens, _hypotheses));
    }

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var labels = _labels!.Value;
        if (output.Batches == 0 || output.Rows != labels.Length || output.Columns != Hypothesis.Classes)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{output.Batches}, {output.Rows}, {output.Columns}] values, " +
                $"[1, {labels.Length}, {Hypothesis.Classes}] fit the [{labels.Length}] labels and their [{Hypothesis.Classes}] classes");
        }

        var probabilities = new double[labels.Length];
        if (_multiLabel)
        {
            Span<double> pair = stackalloc double[2];
            for (var label = 0; label < labels.Length; label++)
            {
                var row = output.Row(0, label);
                Softmax.Write([row[_hypothesis.Entailment], row[_hypothesis.Contradiction]], pair);
                probabilities[label] = pair[0];
            }
        }
        else
        {
            var logits = new float[labels.Length];
            for (var label = 0; label < labels.Length; label++)
                logits[label] = output.Row(0, label)[_hypothesis.Entailment];
            Softmax.Write(logits, probabilities);
        }

        var top = Ranking.Top(probabilities, count: -1, label => labels[label]);
        return new ClassificationResult(top[0].ClassName, top[0].Probability, top, document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update)
    {
        var own = (ZeroShotClassificationUpdate)update;
        return new ZeroShotClassificationTask(changedEncoder, changedResultsField, _hypothesis, own.Labels ?? _labels, own.MultiLabel ?? _multiLabel);
    }
}
