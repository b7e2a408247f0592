using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

public sealed class WindowsTests
{
    [Fact]
    public void WorkedExampleGivesTwoWindows()
    {
        Assert.Equal([(0, 6), (4, 10)], Windows.Split(Words(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), width: 6, span: 2));
    }

    [Fact]
    public void WindowEndsBeforeAWordThatDoesNotFit()
    {
        Assert.Equal([(0, 2), (2, 5)], Windows.Split(Words(1, 1, 3), width: 4, span: 0));
    }

    [Fact]
    public void NextWindowBeginsWithAWholeWord_SoTheOverlapMayExceedTheSpan()
    {
        Assert.Equal([(0, 5), (2, 7)], Windows.Split(Words(2, 3, 2), width: 5, span: 1));
    }

    [Fact]
    public void WordLongerThanAWindowIsCut_WhenThereIsNoOtherWayForward()
    {
        Assert.Equal([(0, 4), (1, 5), (2, 6)], Windows.Split(Words(6), width: 4, span: 2));
    }

    [Fact]
    public void LastWindowHoldsWhatIsLeft()
    {
        Assert.Equal([(0, 3), (3, 4)], Windows.Split(Words(1, 1, 1, 1), width: 3, span: 0));
    }

    /// <summary>Tokens of words with so many pieces each.</summary>
    private static Token[] Words(params int[] pieces) => [.. pieces.SelectMany((count, word) => Enumerable.Repeat(new Token(0, word, 0, 0), count))];
}
