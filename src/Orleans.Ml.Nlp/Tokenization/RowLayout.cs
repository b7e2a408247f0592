using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>What the rows of a family of models look like (models-nlp-ingest-security.md §3.1, §4.1).</summary>
/// <param name="Arguments">How many tensors the models take: ids, attention mask, then token types, then positions.</param>
/// <param name="Separators">Separating tokens between the two sequences of a pair.</param>
internal readonly record struct RowLayout(int Arguments, int Separators)
{
    /// <summary>Special tokens of a pair's row.</summary>
    public int PairFrameLength => 2 + Separators;

    /// <summary>The layout of a tokenizer's models.</summary>
    public static RowLayout Of(TokenizerKind kind) => kind switch
    {
        TokenizerKind.Bert or TokenizerKind.BertJapanese => new(4, 1),
        TokenizerKind.DebertaV2 => new(3, 1),
        _ => new(2, 2),
    };
}
