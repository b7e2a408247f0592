using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The named entities of a text, from a class per token (models-nlp-ingest-security.md §3.3).</summary>
internal sealed class NerTask(SequenceEncoder encoder, string? resultsField, ImmutableArray<IobTag> tags) : TextTask(encoder, resultsField)
{
    private const int MostOnStack = 256;

    /// <inheritdoc/>
    public override string Name => NerConfig.Name;

    /// <inheritdoc/>
    public override bool AllowsSpan => false;

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var tokens = ((TokenizedDocument)document).Tokens;
        var first = Encoder.Settings.WithSpecialTokens ? 1 : 0;
        if (output.Batches == 0 || output.Rows < first + tokens.Length || output.Columns > tags.Length)
        {
            throw new MlException(MlErrorKind.ModelFailed, $"The model gave [{output.Batches}, {output.Rows}, {output.Columns}] values, " +
                $"[1, {document.Input.Length}, {tags.Length}] fit the text's tokens and [classification_labels]");
        }

        var entities = new EntityCollector(document.Text, Encoder.Settings.DoLowerCase);
        var token = tags.Length <= MostOnStack ? stackalloc double[tags.Length] : new double[tags.Length];
        var word = tags.Length <= MostOnStack ? stackalloc double[tags.Length] : new double[tags.Length];
        for (int start = 0, end; start < tokens.Length; start = end)
        {
            word.Clear();
            for (end = start; end < tokens.Length && tokens[end].Word == tokens[start].Word; end++)
            {
                // Softmax first, then the mean. Tags that the model does not have stay 0.
                Softmax.Write(output.Row(0, first + end), token);
                for (var i = 0; i < word.Length; i++)
                    word[i] += token[i];
            }

            var best = Softmax.ArgMax(word);
            entities.Add(tags[best], word[best] / (end - start), tokens[start]);
        }

        return entities.ToResult(document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override PreparedDocument Describe(string text, ModelInput input, ReadOnlySpan<Token> tokens) =>
        new TokenizedDocument(text, input, tokens.ToArray());

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update) =>
        new NerTask(changedEncoder, changedResultsField, tags);
}
