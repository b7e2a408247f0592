using System.Diagnostics;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

public sealed class SequenceEncoderTests
{
    private const int Pad = 0;
    private const int Cls = 2;
    private const int Sep = 3;

    private static readonly Vocabulary Ten = Given.Vocabulary("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");

    [Fact]
    public void RowIsFramed_WithMaskTypesAndPositions()
    {
        var input = Prepare("a b", Given.Bert());

        Assert.Equal((1, 4, 4), (input.Rows, input.Length, input.Arguments));
        Assert.Equal([Cls, 5, 6, Sep], input.Argument(0));
        Assert.Equal([1, 1, 1, 1], input.Argument(1));
        Assert.Equal([0, 0, 0, 0], input.Argument(2));
        Assert.Equal([0, 1, 2, 3], input.Argument(3));
        Assert.False(input.IsTruncated);
    }

    [Fact]
    public void RowIsBare_WithoutSpecialTokens()
    {
        Assert.Equal([5, 6], Prepare("a b", Given.Bert(special: false)).Argument(0));
    }

    [Theory]
    [InlineData(Truncate.First)]
    [InlineData(Truncate.Second)]
    [InlineData(Truncate.Balanced)]
    public void FirstTokensAreKept_WhenTheTextIsTooLong(Truncate truncate)
    {
        var input = Prepare("a b c d e", Given.Bert(max: 5, truncate: truncate));

        Assert.Equal([Cls, 5, 6, 7, Sep], input.Argument(0));
        Assert.True(input.IsTruncated);
    }

    [Fact]
    public void NothingIsCut_WhenTheTextJustFits()
    {
        var input = Prepare("a b c", Given.Bert(max: 5));

        Assert.Equal([Cls, 5, 6, 7, Sep], input.Argument(0));
        Assert.False(input.IsTruncated);
    }

    [Fact]
    public void TextIsRefusedWithBothLengths_WhenTooLongAndNothingMayBeCut()
    {
        var error = Assert.Throws<MlException>(() => Prepare("a b c d e", Given.Bert(max: 5, truncate: Truncate.None)));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[7]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[5]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextBecomesPaddedRows_WhenThereIsASpan()
    {
        var input = Prepare("a b c d e", Given.Bert(max: 5, truncate: Truncate.None, span: 0));

        Assert.Equal((2, 5), (input.Rows, input.Length));
        Assert.Equal([Cls, 5, 6, 7, Sep, Cls, 8, 9, Sep, Pad], input.Argument(0));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 0], input.Argument(1));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], input.Argument(2));
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], input.Argument(3));
        Assert.False(input.IsTruncated);
    }

    [Fact]
    public void PaddingHasTheVocabularysOwnId_AndIsMasked()
    {
        var vocabulary = new Vocabulary(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "a"]);

        var input = Prepare("a a a", Given.Bert(max: 4, truncate: Truncate.None, span: 0), vocabulary);

        Assert.Equal([2, 4, 4, 3, 2, 4, 3, 1], input.Argument(0));
        Assert.Equal(0, input.Argument(1)[^1]);
    }

    [Fact]
    public void ExampleOfTheReferenceGivesRowsZeroToSixAndFourToTen()
    {
        var input = Prepare("a b c d e f g h i j", Given.Bert(max: 8, truncate: Truncate.None, span: 2));

        Assert.Equal([Cls, 5, 6, 7, 8, 9, 10, Sep, Cls, 9, 10, 11, 12, 13, 14, Sep], input.Argument(0));
    }

    [Fact]
    public void EmptyTextIsAFrameOnly()
    {
        Assert.Equal([Cls, Sep], Prepare("", Given.Bert()).Argument(0));
    }

    [Fact]
    public void EmptyTextIsMaskedPadding_WithoutSpecialTokens()
    {
        var input = Prepare("", Given.Bert(special: false));

        Assert.Equal([Pad], input.Argument(0));
        Assert.Equal([0], input.Argument(1));
    }

    [Theory]
    [InlineData("a ")]
    [InlineData("a")]
    [InlineData(".")]
    [InlineData("\uFEFF")]
    [InlineData("é")]
    public void HundredThousandCharactersAreCutInMilliseconds(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length));
        var task = Given.Embedding(Ten).Bind(null);
        var clock = Stopwatch.StartNew();

        var input = task.Prepare(text).Input;

        Assert.InRange(input.Length, 2, 512);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void WindowsAreRefused_WhenTheyWouldMultiplyTheTextBeyondMeasure()
    {
        var task = Given.PassThrough(Ten, Given.Bert(max: 512, truncate: Truncate.None, span: 509)).Bind(null);

        var error = Assert.Throws<MlException>(() => task.Prepare(string.Concat(Enumerable.Repeat("a ", 50_000))));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[509]", error.Message, StringComparison.Ordinal);
    }

    private static ModelInput Prepare(string text, Models.Tokenization settings, Vocabulary? vocabulary = null) =>
        Given.PassThrough(vocabulary ?? Ten, settings).Bind(null).Prepare(text).Input;
}
