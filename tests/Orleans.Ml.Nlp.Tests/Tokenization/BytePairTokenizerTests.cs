using System.Diagnostics;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>roberta, rule by rule from models-nlp-ingest-security.md §4.3.</summary>
public sealed class BytePairTokenizerTests
{
    private static readonly Vocabulary Bytes = Of();

    [Theory]
    [InlineData("a bc  d", "a| bc| | d")]
    [InlineData("it's we've I'll he'd they're I'm don't", "it|'s| we|'ve| I|'ll| he|'d| they|'re| I|'m| don|'t")]
    [InlineData("'s ''s 'S", "'s| ''|s| '|S")]
    [InlineData("a1b22!? c", "a|1|b|22|!?| c")]
    [InlineData("a\n\nb \n c", "a|\n|\n|b| \n| c")]
    [InlineData("end  ", "end|  ")]
    [InlineData("größe ½ ٣ 中", "größe| ½| ٣| 中")]
    [InlineData("𠀀x 😀", "𠀀x| 😀")]
    [InlineData("e\u0301", "e|\u0301")]
    public void TextIsCutAsTheReferencesPatternDoes(string text, string expected)
    {
        var pieces = new List<string>();
        for (var i = 0; i < text.Length; i += pieces[^1].Length)
            pieces.Add(text.Substring(i, BytePairPieces.LengthOfFirst(text.AsSpan(i))));

        Assert.Equal(expected, string.Join('|', pieces));
    }

    [Fact]
    public void LowestRankIsMergedFirst_AndTheLeftmostOfEquals()
    {
        // "b c" before "a b", so "abc" is a + bc; of three a the first two merge.
        Assert.Equal(["a", "bc"], Spell(Of("b c", "a b"), "abc"));
        Assert.Equal(["ab", "c"], Spell(Of("a b", "b c"), "abc"));
        Assert.Equal(["aa", "a"], Spell(Of("a a"), "aaa"));
    }

    [Fact]
    public void MergedSymbolsMergeFurther()
    {
        Assert.Equal(["abab", "c"], Spell(Of("a b", "ab ab"), "ababc"));
    }

    [Fact]
    public void OneOccurrenceIsMergedAtATime()
    {
        // After the first "ab" the pair "ab a" ranks before the second "ab".
        Assert.Equal(["aba", "b"], Spell(Of("ab a", "a b"), "abab"));
    }

    [Fact]
    public void PairsThatSpellTheSameAreToldApart()
    {
        // Elasticsearch joins the parts to one key and lets the later rank win.
        Assert.Equal(["ab", "c"], Spell(Of("a b", "b c", "ab d", "a bd"), "abc"));
        Assert.Equal(["abd"], Spell(Of("a b", "ab d", "b d", "a bd"), "abd"));
    }

    [Fact]
    public void SpaceAndOtherBytesHaveCharactersOfTheirOwn()
    {
        Assert.Equal(["\u0120", "\u00C3", "\u00BC"], Spell(Bytes, " ü"));
        Assert.Equal("\u0100\u0120\u0121\u0142\u0143",
            string.Concat(new byte[] { 0, 32, 127, 160, 173 }.Select(ByteCharacters.Of)));
    }

    [Fact]
    public void EveryByteHasItsOwnCharacter()
    {
        var bytes = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();

        Assert.Equal(bytes, bytes.Select(value => ByteCharacters.TryGetByte(ByteCharacters.Of(value), out var back) ? back : default));
    }

    [Fact]
    public void SymbolIsUnknown_WhenTheVocabularyDoesNotHaveIt()
    {
        Assert.Equal(["<unk>"], Spell(Of("a b") with { Tokens = ["<s>", "</s>", "<pad>", "<unk>", "<mask>", "a", "b"] }, "ab"));
    }

    [Fact]
    public void FirstPieceBeginsAfterTheSpace_AndLaterOnesAtIt()
    {
        var tokens = Tokenize(Bytes, "a bc");

        Assert.Equal([(0, 0, 1), (1, 2, 4), (1, 1, 4), (1, 1, 4)], tokens.Select(t => (t.Word, t.Start, t.End)));
    }

    [Fact]
    public void MaskTakesOneSpaceBeforeItAlong()
    {
        Assert.Equal(["a", "<mask>", "b"], Spell(Bytes, "a <mask>b"));
        Assert.Equal(["a", "\u0120", "<mask>"], Spell(Bytes, "a  <mask>"));
        Assert.Equal([(0, 0, 1), (1, 2, 8), (2, 8, 9)], Tokenize(Bytes, "a <mask>b").Select(t => (t.Word, t.Start, t.End)));
    }

    [Theory]
    [InlineData("ab", new[] { "\u0120", "a", "b" })]
    [InlineData(" ab", new[] { "\u0120", "a", "b" })]
    [InlineData("<mask>ab", new[] { "<mask>", "a", "b" })]
    public void PrefixSpaceGoesBeforeTheVeryFirstPieceOnly(string text, string[] expected)
    {
        Assert.Equal(expected, Spell(Bytes, text, prefixSpace: true));
    }

    [Fact]
    public void PrefixSpaceHasNoPlaceInTheText()
    {
        Assert.Equal([(0, 2), (0, 2), (0, 2)], Tokenize(Bytes, "ab", prefixSpace: true).Select(t => (t.Start, t.End)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData(" ")]
    [InlineData("\uD83D")]
    [InlineData("é<mask>")]
    public void HundredThousandCharactersTakeMilliseconds(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length));
        var vocabulary = Of("a a", "aa aa", "aaaa aaaa", "a b", "ab ab", "\u0120 \u0120");
        var clock = Stopwatch.StartNew();

        Assert.NotEmpty(Tokenize(vocabulary, text));

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void VocabularyWithoutMergesIsRefused()
    {
        var error = Assert.Throws<MlException>(() => Tokenize(Bytes with { Merges = [] }, "a"));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.All(["[model-1]", "merges", "roberta"], mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }

    /// <summary>All bytes and what the merges make.</summary>
    private static Vocabulary Of(params string[] merges) => new([
        .. SpecialTokenNames.Of(TokenizerKind.Roberta).All,
        .. Enumerable.Range(0, 256).Select(value => ByteCharacters.Of((byte)value).ToString()),
        .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)),
    ])
    { Merges = [.. merges.DefaultIfEmpty("\u0100 \u0101")] };

    private static Token[] Tokenize(Vocabulary vocabulary, string text, bool prefixSpace = false)
    {
        using var tokens = new TokenList();
        Tokenizer.Create("model-1", new(TokenizerKind.Roberta, AddPrefixSpace: prefixSpace), vocabulary).Tokenize(text, int.MaxValue, tokens);
        return tokens.Tokens.ToArray();
    }

    private static string[] Spell(Vocabulary vocabulary, string text, bool prefixSpace = false) =>
        [.. Tokenize(vocabulary, text, prefixSpace).Select(t => vocabulary.Tokens[t.Id])];
}
