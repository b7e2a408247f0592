using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>Two sequences in rows: the table of models-nlp-ingest-security.md §4.6, with one letter as one token.</summary>
public sealed class PairEncoderTests
{
    private const int Cls = 2;
    private const int Sep = 3;

    private static readonly Vocabulary Letters = Given.Vocabulary("a", "b", "c", "d", "e", "f", "g", "h", "u", "v", "w", "x", "y", "##y");

    [Fact]
    public void SecondSequenceHasTokenTypeOne_ItsSeparatorIncluded()
    {
        var input = Encode("a b", "u v", Given.Bert()).Input;

        Assert.Equal([Cls, 5, 6, Sep, 13, 14, Sep], input.Argument(0));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1], input.Argument(1));
        Assert.Equal([0, 0, 0, 0, 1, 1, 1], input.Argument(2));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], input.Argument(3));
    }

    [Fact]
    public void BothSequencesHaveTokenTypeZero_WhenAskedForAsElasticsearchDoes()
    {
        var config = new TextSimilarityConfig(Given.Bert(), null, SpanScoreCombination.Max);
        var model = NlpModel.Create("model-1", config, Letters, new() { ZeroTokenTypes = true });

        var input = model.Bind(new TextSimilarityUpdate(Given.Update(Truncate.Second), null, "a b", null)).Prepare("u v").Input;

        Assert.Equal([0, 0, 0, 0, 0, 0, 0], input.Argument(2));
    }

    [Fact]
    public void DebertaHasTokenTypesToo_AndNoPositions()
    {
        var config = new TextSimilarityConfig(new(TokenizerKind.DebertaV2), null, SpanScoreCombination.Max);
        var model = NlpModel.Create("model-1", config, Given.Unigrams(TokenizerKind.DebertaV2, ("\u2581a", -1), ("\u2581u", -1)));

        var input = model.Bind(new TextSimilarityUpdate(null, null, "a", null)).Prepare("u").Input;

        Assert.Equal((3, 5), (input.Arguments, input.Length));
        Assert.Equal([0, 0, 0, 1, 1], input.Argument(2));
    }

    [Fact]
    public void MpnetHasTwoSeparators_AndNoTokenTypes()
    {
        var settings = new Models.Tokenization(TokenizerKind.Mpnet);
        var vocabulary = new Vocabulary(["<s>", "</s>", "<pad>", "[UNK]", "<mask>", "a", "u"]);

        var input = Encode("a", "u", settings, vocabulary).Input;

        Assert.Equal(2, input.Arguments);
        Assert.Equal([0, 5, 1, 1, 6, 1], input.Argument(0));
    }

    [Fact]
    public void PaddingHasNeitherMaskNorType()
    {
        var settings = Given.Bert(max: 6, truncate: Truncate.None, span: 0);

        var input = Encode("a", "u v w", settings).Input;

        Assert.Equal([Cls, 5, Sep, 13, 14, Sep, Cls, 5, Sep, 15, Sep, 0], input.Argument(0));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], input.Argument(1));
        Assert.Equal([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0], input.Argument(2));
    }

    [Theory]
    [InlineData(Truncate.First, "a b c d", "u v", 7, "a b", "u v")]
    [InlineData(Truncate.First, "a b c", "u v w x", 7, "", "u v w x")]
    [InlineData(Truncate.Second, "a b", "u v w x", 7, "a b", "u v")]
    [InlineData(Truncate.Second, "a b c d", "u v", 7, "a b c d", "")]
    [InlineData(Truncate.Balanced, "a b c d", "u v w x", 7, "a b", "u v")]
    [InlineData(Truncate.Balanced, "a b c d", "u v w x", 8, "a b", "u v w")]
    [InlineData(Truncate.Balanced, "a", "u v w x", 7, "a", "u v w")]
    [InlineData(Truncate.Balanced, "a b c d", "u", 7, "a b c", "u")]
    public void PairThatIsTooLongIsCut(Truncate truncate, string first, string second, int max, string expectedFirst, string expectedSecond)
    {
        var input = Encode(first, second, Given.Bert(max: max, truncate: truncate)).Input;

        Assert.Equal([Cls, .. Ids(expectedFirst), Sep, .. Ids(expectedSecond), Sep], Given.Row(input, 0));
        Assert.True(input.IsTruncated);
    }

    [Theory]
    [InlineData(Truncate.First)]
    [InlineData(Truncate.Second)]
    [InlineData(Truncate.Balanced)]
    [InlineData(Truncate.None)]
    public void NothingIsCut_WhenThePairJustFits(Truncate truncate)
    {
        var input = Encode("a b", "u v", Given.Bert(max: 7, truncate: truncate)).Input;

        Assert.Equal((1, 7, false), (input.Rows, input.Length, input.IsTruncated));
    }

    [Theory]
    [InlineData(Truncate.First, "a", "u v w x y", "second")]
    [InlineData(Truncate.Second, "a b c d e", "u", "first")]
    [InlineData(Truncate.None, "a b c", "u v", "[8]")]
    public void PairIsRefused_WhenWhatMayNotBeCutIsTooLong(Truncate truncate, string first, string second, string named)
    {
        var error = Assert.Throws<MlException>(() => Encode(first, second, Given.Bert(max: 7, truncate: truncate)));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.All([named, "[7]"], mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void WindowsAreOverTheSecondSequence_AndTheFirstIsInAll()
    {
        var pair = Encode("a b", "u v w x", Given.Bert(max: 8, truncate: Truncate.None, span: 1));

        Assert.Equal([Cls, 5, 6, Sep, 13, 14, 15, Sep], Given.Row(pair.Input, 0));
        Assert.Equal([Cls, 5, 6, Sep, 15, 16, Sep], Given.Row(pair.Input, 1));
        Assert.Equal([(0, 3), (2, 4)], pair.Windows);
        Assert.Equal((2, false), (pair.FirstLength, pair.Input.IsTruncated));
    }

    [Fact]
    public void WindowEndsBeforeAWordThatDoesNotFit()
    {
        var pair = Encode("a", "u v yy", Given.Bert(max: 7, truncate: Truncate.None, span: 0));

        Assert.Equal([(0, 2), (2, 4)], pair.Windows);
    }

    [Theory]
    [InlineData("a b c d", 0, "first")]
    [InlineData("a b", 2, "span")]
    [InlineData("a b", 3, "span")]
    public void WindowsAreRefused_WhenTheyHaveNoRoomOrDoNotMoveOn(string first, int span, string named)
    {
        var error = Assert.Throws<MlException>(() => Encode(first, "u v w x", Given.Bert(max: 7, truncate: Truncate.None, span: span)));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PairIsRefused_WhenTheFirstIsEmpty()
    {
        Assert.Equal(MlErrorKind.BadRequest, Assert.Throws<MlException>(() => Encode("", "u", Given.Bert())).Kind);
    }

    [Fact]
    public void PairIsRefused_WithoutSpecialTokens()
    {
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.Throws<MlException>(() => Encode("a", "u", Given.Bert(special: false))).Kind);
    }

    [Theory]
    [InlineData(Truncate.First)]
    [InlineData(Truncate.Second)]
    [InlineData(Truncate.Balanced)]
    public void PairIsRefused_WhenTheFrameDoesNotFit(Truncate truncate)
    {
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.Throws<MlException>(() => Encode("a", "u", Given.Bert(max: 2, truncate: truncate))).Kind);
    }

    private static EncodedPair Encode(string first, string second, Models.Tokenization settings, Vocabulary? vocabulary = null)
    {
        var encoder = new SequenceEncoder(Tokenizer.Create("model-1", settings, vocabulary ?? Letters), settings);
        using var firstTokens = encoder.Tokenize(first);
        using var secondTokens = encoder.Tokenize(second);
        return encoder.Pairs.Encode(firstTokens.Tokens, secondTokens.Tokens);
    }

    private static IEnumerable<long> Ids(string letters) => Given.Tokenize(Letters, letters).Select(t => (long)t.Id);
}
