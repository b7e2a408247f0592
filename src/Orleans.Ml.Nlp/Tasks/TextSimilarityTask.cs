using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>How near a text is to the request's own, the model's number as it is (models-nlp-ingest-security.md §3.9).</summary>
internal sealed class TextSimilarityTask(SequenceEncoder encoder, string? resultsField, Token[]? query, SpanScoreCombination combination)
    : TextTask(encoder, resultsField)
{
    /// <inheritdoc/>
    public override string Name => TextSimilarityConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => true;

    /// <inheritdoc/>
    public override PreparedDocument Prepare(string text)
    {
        if (query is null)
            throw new MlException(MlErrorKind.IllegalArgument, $"[text] is required: what [{Name}] is to compare with");
        using var tokens = Encoder.Tokenize(text);
        return new(text, Encoder.Pairs.Encode(query, tokens.Tokens).Input);
    }

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        if (output.Batches == 0 || output.Rows != document.Input.Rows || output.Columns != 1)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{output.Batches}, {output.Rows}, {output.Columns}] values, " +
                $"[1, {document.Input.Rows}, 1] are one for each window");
        }

        var (max, sum) = (double.NegativeInfinity, 0.0);
        for (var window = 0; window < output.Rows; window++)
        {
            double score = output.Row(0, window)[0];
            max = Math.Max(max, score);
            sum += score;
        }

        return new TextSimilarityResult(combination == SpanScoreCombination.Mean ? sum / output.Rows : max, document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update)
    {
        var own = (TextSimilarityUpdate)update;
        using var tokens = changedEncoder.Tokenize(own.Text);
        return new TextSimilarityTask(changedEncoder, changedResultsField, tokens.Tokens.ToArray(), own.SpanScoreCombination ?? combination);
    }
}
