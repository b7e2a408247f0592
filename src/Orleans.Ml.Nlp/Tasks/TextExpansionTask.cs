using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>Weights of the vocabulary's tokens, those above 0 (models-nlp-ingest-security.md §3.8).</summary>
internal sealed class TextExpansionTask(SequenceEncoder encoder, string? resultsField, Vocabulary vocabulary, ExpansionType type)
    : TextTask(encoder, resultsField)
{
    /// <inheritdoc/>
    public override string Name => TextExpansionConfig.Name;

    // Elasticsearch does not look; only the first window counts.
    /// <inheritdoc/>
    public override bool AllowsSpan => true;

    /// <inheritdoc/>
    public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
    {
        var weights = FirstRow(output);
        if (type == ExpansionType.Splade)
            weights = Pool(output);
        return new TextExpansionResult(Rank(weights), document.Input.IsTruncated);
    }

    /// <inheritdoc/>
    protected override NlpTask Rebuild(SequenceEncoder changedEncoder, string? changedResultsField, InferenceUpdate update) =>
        new TextExpansionTask(changedEncoder, changedResultsField, vocabulary, ((TextExpansionUpdate)update).ExpansionType ?? type);

    /// <summary>The logarithm grows with its argument: the greatest logit of a column has the greatest weight.</summary>
    private static float[] Pool(in ModelOutput output)
    {
        var pooled = output.Row(0, 0).ToArray();
        for (var row = 1; row < output.Rows; row++)
        {
            var logits = output.Row(0, row);
            for (var i = 0; i < pooled.Length; i++)
                pooled[i] = Math.Max(pooled[i], logits[i]);
        }

        for (var i = 0; i < pooled.Length; i++)
            pooled[i] = MathF.Log(1 + Math.Max(0, pooled[i]));
        return pooled;
    }

    private ImmutableArray<WeightedToken> Rank(ReadOnlySpan<float> weights)
    {
        var ranked = new List<(float Weight, int Id)>();
        // Some models give more values than there are words, to round numbers.
        for (var id = 0; id < Math.Min(weights.Length, vocabulary.Tokens.Length); id++)
        {
            if (weights[id] > 0)
                ranked.Add((weights[id], id));
        }

        CollectionsMarshal.AsSpan(ranked).Sort(static (a, b) => b.Weight.CompareTo(a.Weight) is not 0 and var order ? order : a.Id - b.Id);
        var tokens = ImmutableArray.CreateBuilder<WeightedToken>(ranked.Count);
        var seen = new HashSet<string>(ranked.Count, StringComparer.Ordinal);
        foreach (var (weight, id) in ranked)
        {
            // Of names that collide the greater weight came first.
            var name = vocabulary.Tokens[id].Replace(".", "__", StringComparison.Ordinal);
            if (seen.Add(name))
                tokens.Add(new(name, weight));
        }

        return tokens.DrainToImmutable();
    }
}
