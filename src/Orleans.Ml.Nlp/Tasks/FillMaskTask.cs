using System.Buffers;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The token that stands best at a text's only mask (models-nlp-ingest-security.md §3.4).</summary>
internal sealed class FillMaskTask(SequenceEncoder encoder, string? resultsField, Vocabulary vocabulary, int topClasses)
    : TextTask(encoder, resultsField)
{
    /// <inheritdoc/>
    public override string Name => FillMaskConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => false;

    private string Mask => Encoder.Settings.Kind.MaskToken();

    /// <inheritdoc/>
    public override PreparedDocument Prepare(string text)
    {
        var first = text.IndexOf(Mask, StringComparison.Ordinal);
        if (first < 0)
            throw new MlException(MlErrorKind.StateValidation, $"The text has no [{Mask}], the token to be filled in");
        if (text.IndexOf(Mask, first + Mask.Length, StringComparison.Ordinal) >= 0)
            throw new MlException(MlErrorKind.BadRequest, $"The text has more than one [{Mask}], only one token can be filled in");
        if (Encoder.Tokenizer.Special.Mask < 0)
            throw new MlException(MlErrorKind.Conflict, $"The model's vocabulary has no [{Mask}], the token to be filled in");
        return base.Prepare(text);
    }

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var mask = document.Input.Argument(0).IndexOf(Encoder.Tokenizer.Special.Mask);
        if (mask < 0)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The id [{Encoder.Tokenizer.Special.Mask}] of [{Mask}] is not found in the tokenization, " +
                (document.Input.IsTruncated ? "it was cut off" : "it became part of something else"));
        }

        if (output.Batches == 0 || mask >= output.Rows || output.Columns == 0)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{output.Batches}, {output.Rows}, {output.Columns}] values, " +
                $"[1, {document.Input.Length}, {vocabulary.Tokens.Length}] fit the text's tokens and the vocabulary");
        }

        var probabilities = ArrayPool<double>.Shared.Rent(output.Columns);
        Softmax.Write(output.Row(0, mask), probabilities);
        // Some models give more values than there are words, to round numbers.
        var named = probabilities.AsSpan(0, Math.Min(output.Columns, vocabulary.Tokens.Length));
        var best = Softmax.ArgMax(named);
        var word = WordOf(best);
        var result = new FillMaskResult(word, named[best], document.Text.Replace(Mask, word, StringComparison.Ordinal),
            Ranking.Top(named, topClasses, WordOf), document.Input.IsTruncated);
        ArrayPool<double>.Shared.Return(probabilities);
        return result;
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update)
    {
        var own = (FillMaskUpdate)update;
        if (own.MaskToken is { } mask && mask != Mask)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"[mask_token] of the update is [{mask}], the model's tokenizer [{Encoder.Settings.Kind.ApiName()}] has [{Mask}]; they must be equal");
        }

        return new FillMaskTask(changedEncoder, changedResultsField, vocabulary, own.NumTopClasses ?? topClasses);
    }

    private string WordOf(int id) => Encoder.Tokenizer.Decode(vocabulary.Tokens[id]);
}
