using System.Collections.Immutable;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests;

/// <summary>Defaults for all that a test is not about.</summary>
internal static class Given
{
    /// <summary>The vocabulary of the worked example of models-nlp-ingest-security.md §4.2.</summary>
    public static ImmutableArray<string> ExampleTokens { get; } =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "elastic", "##search", "is", "fun", ".", "!"];

    /// <summary>Single letters as words and as continuations, after the special tokens.</summary>
    public static ImmutableArray<string> Letters { get; } =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. "abcdefghijklmnopqrstuvwxyz".SelectMany(c => new[] { $"{c}", $"##{c}" })];

    public static Vocabulary Vocabulary(params IEnumerable<string> words) => new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words]);

    /// <summary>A vocabulary of pieces with scores, after the five special tokens.</summary>
    public static Vocabulary Unigrams(TokenizerKind kind, params (string Piece, double Score)[] pieces) =>
        new([.. SpecialTokenNames.Of(kind).All, .. pieces.Select(p => p.Piece)]) { Scores = [0, 0, 0, 0, 0, .. pieces.Select(p => p.Score)] };

    public static Models.Tokenization Bert(
        bool lower = false, bool special = true, int max = 512, Truncate truncate = Truncate.First, int span = -1) =>
        new(TokenizerKind.Bert, lower, special, max, truncate, span);

    public static TokenizationUpdate Update(Truncate? truncate = null, int? span = null) => new(TokenizerKind.Bert, truncate, span);

    public static NlpModel Embedding(Vocabulary vocabulary, Models.Tokenization? settings = null) =>
        NlpModel.Create("model-1", new TextEmbeddingConfig(settings ?? Bert(), null, null), vocabulary);

    public static NlpModel PassThrough(Vocabulary vocabulary, Models.Tokenization? settings = null) =>
        NlpModel.Create("model-1", new PassThroughConfig(settings ?? Bert(), null), vocabulary);

    /// <summary>The tokens of a text, special tokens excluded.</summary>
    public static Token[] Tokenize(Vocabulary vocabulary, string text, bool lower = false)
    {
        using var tokens = new TokenList();
        Tokenizer.Create("model-1", Bert(lower), vocabulary).Tokenize(text, int.MaxValue, tokens);
        return tokens.Tokens.ToArray();
    }

    /// <summary>The words of a text as the vocabulary spells them, pieces joined by a blank: <c>elastic ##search</c>.</summary>
    public static string[] Spell(Vocabulary vocabulary, string text, bool lower = false) =>
        [.. Tokenize(vocabulary, text, lower).GroupBy(t => t.Word).Select(word => string.Join(' ', word.Select(t => vocabulary.Tokens[t.Id])))];

    public static async Task<Vocabulary> VocabularyFileAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await Nlp.Tokenization.Vocabulary.ReadAsync(file, TestContext.Current.CancellationToken);
    }

    /// <summary>The ids of one row, padding excluded.</summary>
    public static long[] Row(ModelInput input, int row)
    {
        var ids = input.Argument(0).Slice(row * input.Length, input.Length);
        var used = (int)input.Argument(1).Slice(row * input.Length, input.Length).ToArray().Sum();
        return ids[..used].ToArray();
    }
}
