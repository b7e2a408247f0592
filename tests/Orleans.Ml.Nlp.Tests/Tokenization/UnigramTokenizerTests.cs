using System.Diagnostics;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>xlm_roberta and deberta_v2, rule by rule from models-nlp-ingest-security.md §4.4. The boundary is written _ here.</summary>
public sealed class UnigramTokenizerTests
{
    [Fact]
    public void SpellingWithTheGreatestSumWins()
    {
        (string, double)[] pieces = [("_a", -1), ("b", -1), ("_ab", -3), ("_", -2), ("ab", -2)];

        Assert.Equal(["_a", "b"], Spell("ab", pieces));
        Assert.Equal(["_ab"], Spell("ab", [.. pieces, ("_ab", -1.5)]));
    }

    [Fact]
    public void SpellingFoundFirstWins_OfEqualSums()
    {
        // From the left "_a" + "b" reaches the end last: the whole word was there before.
        Assert.Equal(["_ab"], Spell("ab", ("_a", -1), ("b", -1), ("_ab", -2)));
    }

    [Fact]
    public void UnknownNeighboursAreOneToken_InXlmRoberta()
    {
        var vocabulary = VocabularyOf(TokenizerKind.XlmRoberta, ("_", -1), ("a", -1));

        var tokens = Tokenize(TokenizerKind.XlmRoberta, vocabulary, "axyza");

        Assert.Equal(["_", "a", "<unk>", "a"], tokens.Select(t => Show(vocabulary, t)));
        Assert.Equal([(0, 0), (0, 1), (1, 4), (4, 5)], tokens.Select(t => (t.Start, t.End)));
    }

    [Fact]
    public void UnknownCharactersAreBytes_InDeberta()
    {
        var vocabulary = VocabularyOf(TokenizerKind.DebertaV2, ("_", -1), ("<0xC3>", 0), ("<0xBC>", 0), ("<0xF0>", 0));

        var tokens = Tokenize(TokenizerKind.DebertaV2, vocabulary, "ü😀");

        // Bytes that the vocabulary lacks are unknown one by one.
        Assert.Equal(["_", "<0xC3>", "<0xBC>", "<0xF0>", "[UNK]", "[UNK]", "[UNK]"], tokens.Select(t => Show(vocabulary, t)));
        Assert.Equal([(0, 0), (0, 1), (0, 1), (1, 3), (1, 3), (1, 3), (1, 3)], tokens.Select(t => (t.Start, t.End)));
    }

    [Fact]
    public void EveryPieceIsAWordOfItsOwn()
    {
        var tokens = Tokenize(TokenizerKind.XlmRoberta, VocabularyOf(TokenizerKind.XlmRoberta, ("_a", -1), ("b", -1)), "ab ab");

        Assert.Equal([0, 1, 2, 3], tokens.Select(t => t.Word));
    }

    [Theory]
    [InlineData("ａ", "_a")] // full width
    [InlineData("①", "_1")]
    [InlineData("ﬁ", "_f i")] // one ligature, two letters
    [InlineData("e\u0301", "_é")]
    [InlineData("a\tb\r\na", "_a _ b _a")]
    [InlineData("a\u00A0a\u3000a", "_a _a _a")]
    [InlineData("a\u200Bb", "_a _ b")] // zero width space is a space here
    [InlineData("a\u0001b", "_a b")] // other control characters vanish
    [InlineData("a\u00ADb", "_a <unk> b")] // the soft hyphen does not
    public void TextIsNormalised(string text, string expected)
    {
        Assert.Equal(expected.Split(' '),
            Spell(text, ("_a", -1), ("b", -1), ("_1", -1), ("_f", -1), ("i", -1), ("_é", -1), ("_", -1)));
    }

    [Fact]
    public void PlacesAreThoseOfTheTextAsReceived()
    {
        var vocabulary = VocabularyOf(TokenizerKind.XlmRoberta, ("_f", -1), ("i", -1), ("_é", -1));

        var tokens = Tokenize(TokenizerKind.XlmRoberta, vocabulary, "  ﬁ\u0001 e\u0301");

        Assert.Equal([(2, 3), (2, 3), (5, 7)], tokens.Select(t => (t.Start, t.End)));
    }

    [Theory]
    [InlineData(TokenizerKind.XlmRoberta, "a<mask>b", "_a <mask> _ b")]
    [InlineData(TokenizerKind.XlmRoberta, "<mask>", "<mask>")]
    [InlineData(TokenizerKind.XlmRoberta, "<mask><mask>", "<mask> <mask>")]
    [InlineData(TokenizerKind.DebertaV2, "a[MASK]b[CLS]", "_a [MASK] _ b [CLS]")]
    [InlineData(TokenizerKind.DebertaV2, "[UNK][PAD][SEP]", "[UNK] [PAD] [SEP]")]
    public void SpecialTokensAreNeverSplit_AndWhatFollowsBeginsAWord(TokenizerKind kind, string text, string expected)
    {
        var vocabulary = VocabularyOf(kind, ("_a", -1), ("_", -1), ("b", -1));

        Assert.Equal(expected.Split(' '), Tokenize(kind, vocabulary, text).Select(t => Show(vocabulary, t)));
    }

    [Fact]
    public void NeverSplitTokenHasItsOwnPlace()
    {
        var vocabulary = VocabularyOf(TokenizerKind.XlmRoberta, ("_a", -1));

        Assert.Equal([(0, 1), (1, 7), (7, 8)], Tokenize(TokenizerKind.XlmRoberta, vocabulary, "a<mask>a").Select(t => (t.Start, t.End)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ax")]
    [InlineData("a ")]
    [InlineData("é")]
    [InlineData("e\u0301")]
    [InlineData("\u0301")]
    [InlineData("[CLS]")]
    public void HundredThousandCharactersTakeMilliseconds(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length));
        var vocabulary = VocabularyOf(TokenizerKind.DebertaV2, ("_a", -1), ("a", -1), ("aa", -2), ("aaaaaaaaaaaaaaaa", -3));
        var clock = Stopwatch.StartNew();

        Assert.NotEmpty(Tokenize(TokenizerKind.DebertaV2, vocabulary, text));

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void ReadingEndsSoonAfterTheLimit()
    {
        using var tokens = new TokenList();
        var vocabulary = VocabularyOf(TokenizerKind.XlmRoberta, ("_a", -1));

        Tokenizer.Create("model-1", new(TokenizerKind.XlmRoberta), vocabulary).Tokenize(string.Concat(Enumerable.Repeat("a ", 100_000)), 10, tokens);

        Assert.Equal(11, tokens.Count);
    }

    [Theory]
    [InlineData(TokenizerKind.XlmRoberta, "xlm_roberta")]
    [InlineData(TokenizerKind.DebertaV2, "deberta_v2")]
    public void VocabularyWithoutScoresIsRefused(TokenizerKind kind, string name)
    {
        var error = Assert.Throws<MlException>(() => Tokenize(kind, VocabularyOf(kind) with { Scores = [] }, "a"));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.All(["[model-1]", "scores", name], mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void SourceOfTheNormalisationTableIsNamed()
    {
        using var notice = new StreamReader(typeof(Tokenizer).Assembly.GetManifestResourceStream("nmt_nfkc.charsmap.NOTICE.txt")!);

        Assert.Contains("Apache License, Version 2.0", notice.ReadToEnd(), StringComparison.Ordinal);
    }

    private static Vocabulary VocabularyOf(TokenizerKind kind, params (string Piece, double Score)[] pieces) =>
        Given.Unigrams(kind, [.. pieces.Select(p => (p.Piece.Replace('_', UnigramTokenizer.WordBoundary), p.Score))]);

    private static string Show(Vocabulary vocabulary, Token token) => vocabulary.Tokens[token.Id].Replace(UnigramTokenizer.WordBoundary, '_');

    private static string[] Spell(string text, params (string Piece, double Score)[] pieces)
    {
        var vocabulary = VocabularyOf(TokenizerKind.XlmRoberta, pieces);
        return [.. Tokenize(TokenizerKind.XlmRoberta, vocabulary, text).Select(t => Show(vocabulary, t))];
    }

    private static Token[] Tokenize(TokenizerKind kind, Vocabulary vocabulary, string text)
    {
        using var tokens = new TokenList();
        Tokenizer.Create("model-1", new(kind), vocabulary).Tokenize(text, int.MaxValue, tokens);
        return tokens.Tokens.ToArray();
    }
}
