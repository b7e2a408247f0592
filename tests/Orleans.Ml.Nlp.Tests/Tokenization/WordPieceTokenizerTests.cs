using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>Each rule of models-nlp-ingest-security.md §4.2 on its own.</summary>
public sealed class WordPieceTokenizerTests
{
    private static readonly Vocabulary Letters = new(Given.Letters);

    [Fact]
    public void WorkedExampleComesOutToTheNumber()
    {
        var example = new Vocabulary(Given.ExampleTokens);

        var tokens = Given.Tokenize(example, "Elasticsearch is Fün! 😀zzz", lower: true);

        Assert.Equal(
            [new(5, 0, 0, 13), new(6, 0, 0, 13), new(7, 1, 14, 16), new(8, 2, 17, 20), new(10, 3, 20, 21), new(1, 4, 24, 27)], tokens);
        Assert.Equal(
            [2, 5, 6, 7, 8, 10, 1, 3],
            Given.Row(Given.Embedding(example, Given.Bert(lower: true)).Bind(null).Prepare("Elasticsearch is Fün! 😀zzz").Input, 0));
    }

    [Theory]
    [InlineData(100, "a ##a")]
    [InlineData(101, "[UNK]")]
    public void WordIsUnknown_WhenLongerThan100Units(int length, string expectedBeginning)
    {
        var word = Assert.Single(Given.Spell(Letters, new string('a', length)));

        Assert.StartsWith(expectedBeginning, word, StringComparison.Ordinal);
    }

    [Fact]
    public void WordIsOneUnknown_WhenAnyPartCannotBeSpelled()
    {
        Assert.Equal(["a ##b", "[UNK]", "c"], Given.Spell(Letters, "ab ab7cd c"));
    }

    [Fact]
    public void LongestPieceWins()
    {
        Assert.Equal(["playin ##g", "play ##s"], Given.Spell(Given.Vocabulary("p", "play", "playin", "##ing", "##i", "##g", "##s"), "playing plays"));
    }

    [Theory]
    [InlineData('\u00A0')]
    [InlineData('\u2007')]
    [InlineData('\u202F')]
    public void NoBreakSpaceStaysInsideTheWord(char space)
    {
        Assert.Equal(["[UNK]"], Given.Spell(Letters, $"a{space}b"));
    }

    [Theory]
    [InlineData(' ')]
    [InlineData('\t')]
    [InlineData('\n')]
    [InlineData('\u2003')]
    [InlineData('\u2028')]
    [InlineData('\u3000')]
    public void WhiteSpaceSplitsWords(char space)
    {
        Assert.Equal(["a", "b"], Given.Spell(Letters, $"a{space}b"));
    }

    [Theory]
    [InlineData('\u200B')] // zero width space
    [InlineData('\u00AD')] // soft hyphen
    [InlineData('\uFEFF')] // byte order mark
    [InlineData('\u000B')] // vertical tab: a control character before it is white space
    [InlineData('\uE000')] // private use
    [InlineData('\uD83D')] // half an emoji
    public void DroppedUnitDoesNotSplitTheWord_AndOffsetsCountIt(char unit)
    {
        var tokens = Given.Tokenize(Letters, $"a{unit}b");

        Assert.Equal([(0, 0, 3), (0, 0, 3)], tokens.Select(t => (t.Word, t.Start, t.End)));
    }

    [Fact]
    public void EmojiDoesNotSplitTheWord_AndOffsetsCountIt()
    {
        var tokens = Given.Tokenize(Letters, "a😀b");

        Assert.Equal([(0, 0, 4), (0, 0, 4)], tokens.Select(t => (t.Word, t.Start, t.End)));
    }

    [Fact]
    public void DroppedCharactersAroundAWordAreNotPartOfIt()
    {
        var tokens = Given.Tokenize(Letters, "😀a😀 b");

        Assert.Equal([(2, 3), (6, 7)], tokens.Select(t => (t.Start, t.End)));
    }

    [Fact]
    public void ReplacementCharacterStays()
    {
        Assert.Equal(["[UNK]"], Given.Spell(Letters, "a\uFFFDb"));
    }

    [Fact]
    public void PunctuationIsAWordOfItsOwn_AsciiSymbolsIncluded()
    {
        var words = Given.Tokenize(Given.Vocabulary("a", "b", "$", "+", "–"), "a$b+a–b").Select(t => (t.Word, t.Start, t.End));

        Assert.Equal([(0, 0, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5), (5, 5, 6), (6, 6, 7)], words);
    }

    [Fact]
    public void OtherSymbolsArePartOfTheWord()
    {
        Assert.Equal(["[UNK]"], Given.Spell(Letters, "a€b"));
    }

    [Fact]
    public void IdeographsAreWordsOfTheirOwn_KanaAndHangulAreNot()
    {
        Assert.Equal(["a", "中", "㐀", "[UNK]", "[UNK]"], Given.Spell(Given.Vocabulary("a", "中", "㐀"), "a中㐀ひら 한국"));
    }

    [Theory]
    [InlineData("[MASK]", new[] { "[MASK]" })]
    [InlineData("[[MASK]", new[] { "[", "[MASK]" })]
    [InlineData("foo[MASK]~bar", new[] { "foo", "[MASK]", "~", "bar" })]
    [InlineData("[MASK][MASK]", new[] { "[MASK]", "[MASK]" })]
    [InlineData("[MA\u00ADSK]", new[] { "[MASK]" })]
    [InlineData("[mask]", new[] { "[", "[UNK]", "]" })]
    [InlineData("[ MASK ]", new[] { "[", "[UNK]", "]" })]
    [InlineData("[CLS]", new[] { "[", "[UNK]", "]" })]
    public void OnlyTheMaskIsNeverSplit(string text, string[] expected)
    {
        Assert.Equal(expected, Given.Spell(Given.Vocabulary("foo", "bar", "[", "]", "~"), text));
    }

    [Fact]
    public void MaskIsUnknown_WhenTheVocabularyHasNone()
    {
        Assert.Equal(["[UNK]"], Given.Spell(new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[", "]"]), "[MASK]"));
    }

    [Fact]
    public void RunWithoutWhiteSpaceIsCutInto512Units()
    {
        var tokens = Given.Tokenize(Letters, new string('a', 520));

        Assert.Equal((0, 0, 512), (tokens[0].Word, tokens[0].Start, tokens[0].End));
        Assert.Equal((1, 512, 520), (tokens[1].Word, tokens[1].Start, tokens[1].End));
    }

    [Fact]
    public void CutCountsNoDroppedUnits()
    {
        var tokens = Given.Tokenize(Letters, "\u00AD" + new string('a', 513));

        Assert.Equal([(1, 513), (513, 514)], tokens.Select(t => (t.Start, t.End)));
    }

    [Fact]
    public void AccentsAreStripped_WhenLowerCasing_ComposedOrNot()
    {
        var vocabulary = Given.Vocabulary("cafe", "ệ", "е", "i");

        Assert.Equal(["cafe", "cafe", "е", "i"], Given.Spell(vocabulary, "CAFÉ cafe\u0301 ё İ", lower: true));
    }

    [Fact]
    public void AccentsStay_WhenNotLowerCasing()
    {
        Assert.Equal(["[UNK]", "café"], Given.Spell(Given.Vocabulary("cafe", "café"), "cafe\u0301 café"));
    }

    [Fact]
    public void OffsetsOfAStrippedWordAreThoseOfTheOriginal()
    {
        var token = Assert.Single(Given.Tokenize(Given.Vocabulary("cafe"), " cafe\u0301 ", lower: true));

        Assert.Equal((1, 6), (token.Start, token.End));
    }

    [Fact]
    public void WordOfMarksOnlyVanishes()
    {
        Assert.Equal([(0, 0), (1, 4)], Given.Tokenize(Letters, "a \u0301 b", lower: true).Select(t => (t.Word, t.Start)));
    }

    [Fact]
    public void HangulIsDecomposed_WhenLowerCasing()
    {
        Assert.Equal(["\u1112\u1161\u11AB", "\u1100\u1161"], Given.Spell(Given.Vocabulary("\u1112\u1161\u11AB", "\u1100\u1161"), "한 가", lower: true));
    }

    [Fact]
    public void CasedVocabularyCollapses_AndTheLastIndexWins_WhenLowerCasing()
    {
        Assert.Equal([6], Given.Tokenize(new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Fun", "FUN"]), "fun", lower: true).Select(t => t.Id));
    }

    [Fact]
    public void VocabularyIsCaseSensitive_WhenNotLowerCasing()
    {
        Assert.Equal(["Fun", "[UNK]"], Given.Spell(Given.Vocabulary("Fun"), "Fun fun"));
    }

    [Fact]
    public void LastIndexWins_WhenATokenIsThereTwice()
    {
        Assert.Equal([6], Given.Tokenize(Given.Vocabulary("fun", "fun"), "fun").Select(t => t.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("\u200B😀")]
    public void TextWithoutWordsHasNoTokens(string text)
    {
        Assert.Empty(Given.Tokenize(Letters, text));
    }

    [Fact]
    public void ReadingEndsSoonAfterTheLimit()
    {
        using var tokens = new TokenList();

        Tokenizer.Create("model-1", Given.Bert(), Letters).Tokenize(string.Join(' ', Enumerable.Repeat("a", 100_000)), 10, tokens);

        Assert.Equal(11, tokens.Count);
    }
}
