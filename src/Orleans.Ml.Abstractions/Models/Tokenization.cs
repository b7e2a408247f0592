namespace Orleans.Ml.Models;

/// <summary>Which tokenizer a model was trained with. Numbers are append-only.</summary>
public enum TokenizerKind
{
    /// <summary>BERT WordPiece.</summary>
    Bert = 0,

    /// <summary>MPNet: WordPiece with other special tokens.</summary>
    Mpnet = 1,

    /// <summary>RoBERTa: byte-level BPE.</summary>
    Roberta = 2,

    /// <summary>XLM-RoBERTa: SentencePiece unigram.</summary>
    XlmRoberta = 3,

    /// <summary>DeBERTa version 2 and 3: SentencePiece unigram that spells unknown characters in bytes.</summary>
    DebertaV2 = 4,

    /// <summary>Japanese BERT: words by morphological analysis, then WordPiece.</summary>
    BertJapanese = 5,
}

/// <summary>What happens to a text that is too long. Numbers are append-only.</summary>
public enum Truncate
{
    /// <summary>The first sequence is cut.</summary>
    First = 0,

    /// <summary>The second sequence is cut.</summary>
    Second = 1,

    /// <summary>Nothing is cut: an error, or windows when a span is set.</summary>
    None = 2,

    /// <summary>Both sequences are cut.</summary>
    Balanced = 3,
}

/// <summary>How a model's text becomes tokens. Rules: models-nlp-ingest-security.md §3.0.</summary>
/// <param name="Kind">The tokenizer.</param>
/// <param name="DoLowerCase">Lower-case and strip accents.</param>
/// <param name="WithSpecialTokens">Add the tokens that mark beginning and end.</param>
/// <param name="MaxSequenceLength">Most tokens of one row, special tokens included.</param>
/// <param name="Truncate">What happens to longer texts.</param>
/// <param name="Span">Tokens that neighbouring windows share; -1 for no windows.</param>
/// <param name="AddPrefixSpace">Put a space before a text that does not begin with one; RoBERTa only.</param>
[GenerateSerializer, Immutable, Alias("ml.Tokenization")]
public sealed record Tokenization(
    [property: Id(0)] TokenizerKind Kind = TokenizerKind.Bert,
    [property: Id(1)] bool DoLowerCase = false,
    [property: Id(2)] bool WithSpecialTokens = true,
    [property: Id(3)] int MaxSequenceLength = Tokenization.DefaultMaxSequenceLength,
    [property: Id(4)] Truncate Truncate = Truncate.First,
    [property: Id(5)] int Span = Tokenization.NoSpan,
    [property: Id(6)] bool AddPrefixSpace = false)
{
    /// <summary>Most tokens of one row when nothing is said.</summary>
    public const int DefaultMaxSequenceLength = 512;

    /// <summary>No windows.</summary>
    public const int NoSpan = -1;
}

/// <summary>What a request may change of the tokenization.</summary>
/// <param name="Kind">Must be the model's own tokenizer.</param>
/// <param name="Truncate">Null to keep the model's.</param>
/// <param name="Span">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.TokenizationUpdate")]
public sealed record TokenizationUpdate(
    [property: Id(0)] TokenizerKind Kind,
    [property: Id(1)] Truncate? Truncate,
    [property: Id(2)] int? Span);
