using System.Buffers;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The part of a text that answers the request's question, over all windows (models-nlp-ingest-security.md §3.5).</summary>
internal sealed class QuestionAnsweringTask(SequenceEncoder encoder, string? resultsField, Token[]? question, int topAnswers, int maxAnswerLength)
    : TextTask(encoder, resultsField)
{
    private const float Excluded = -10_000;

    /// <inheritdoc/>
    public override string Name => QuestionAnsweringConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => true;

    /// <inheritdoc/>
    public override PreparedDocument Prepare(string text)
    {
        if (question is null)
            throw new MlException(MlErrorKind.IllegalArgument, $"[question] is required: what [{Name}] is to answer");
        using var tokens = Encoder.Tokenize(text);
        return new PairDocument(text, Encoder.Pairs.Encode(question, tokens.Tokens), tokens.Tokens.ToArray());
    }

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var pair = (PairDocument)document;
        if (output.Batches != 2 * pair.Windows.Count || output.Rows != 1 || output.Columns != document.Input.Length)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{output.Batches}, {output.Rows}, {output.Columns}] values, " +
                $"[{2 * pair.Windows.Count}, 1, {document.Input.Length}] are a start and an end for each of [{pair.Windows.Count}] windows");
        }

        // CLS, question, separators.
        var context = 1 + pair.FirstLength + Encoder.Tokenizer.Layout.Separators;
        var answers = new AnswerList(Math.Max(1, topAnswers));
        var starts = ArrayPool<double>.Shared.Rent(output.Columns);
        var ends = ArrayPool<double>.Shared.Rent(output.Columns);
        for (var window = 0; window < pair.Windows.Count; window++)
        {
            var (from, to) = pair.Windows[window];
            WriteProbabilities(output.Row(2 * window, 0), starts, context, to - from);
            WriteProbabilities(output.Row((2 * window) + 1, 0), ends, context, to - from);
            Offer(answers, starts.AsSpan(context, to - from), ends.AsSpan(context, to - from), from);
        }

        ArrayPool<double>.Shared.Return(starts);
        ArrayPool<double>.Shared.Return(ends);
        var top = answers.ToTopAnswers(document.Text, pair.Tokens);
        return new QuestionAnsweringResult(top[0], topAnswers > 0 ? top : [], document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update)
    {
        var own = (QuestionAnsweringUpdate)update;
        using var tokens = changedEncoder.Tokenize(own.Question);
        return new QuestionAnsweringTask(changedEncoder, changedResultsField, tokens.Tokens.ToArray(),
            own.NumTopClasses ?? topAnswers, own.MaxAnswerLength ?? maxAnswerLength);
    }

    /// <summary>Softmax over the context and CLS, which takes part so that "no answer" takes probability away.</summary>
    private static void WriteProbabilities(ReadOnlySpan<float> logits, double[] probabilities, int context, int length)
    {
        var masked = ArrayPool<float>.Shared.Rent(logits.Length);
        var values = masked.AsSpan(0, logits.Length);
        values.Fill(Excluded);
        values[0] = logits[0];
        logits.Slice(context, length).CopyTo(values[context..]);
        Softmax.Write(values, probabilities);
        ArrayPool<float>.Shared.Return(masked);
    }

    private void Offer(AnswerList answers, ReadOnlySpan<double> starts, ReadOnlySpan<double> ends, int offset)
    {
        for (var start = 0; start < starts.Length; start++)
        {
            var limit = Math.Min((long)start + maxAnswerLength, ends.Length);
            for (var end = start; end < limit; end++)
                answers.Offer(starts[start] * ends[end], offset + start, offset + end);
        }
    }
}
