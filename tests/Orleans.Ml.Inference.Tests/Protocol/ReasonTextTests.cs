using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Tests.Protocol;

public sealed class ReasonTextTests
{
    [Theory]
    [InlineData("plain words", "plain words")]
    [InlineData("  two\r\n\tlines  \n", "two lines")]
    [InlineData("red \u001b[31mtext\u0007 and \u0000 nothing\u007f", "red [31mtext and nothing")]
    [InlineData("line\u2028separator, next\u0085line", "line separator, next line")]
    [InlineData("turned \u202eround\u200b", "turned round")]
    [InlineData("größer 中文 😀", "größer 中文 😀")]
    public void IsOneLineOfVisibleText(string text, string expected)
    {
        Assert.Equal(expected, ReasonText.Clean(text));
        Assert.Equal(expected, ReasonText.Clean(ReasonText.Clean(text)));
    }

    // Not a row above: attributes cannot hold half of a pair.
    [Fact]
    public void ReplacesHalfOfAPair() => Assert.Equal("half \ufffd.", ReasonText.Clean("half \ud83d."));

    [Fact]
    public void IsCut_WhenItIsLongerThanTheLimit()
    {
        var cut = ReasonText.Clean(new string('x', 1_000_000));

        Assert.Equal(ReasonText.MaxLength, cut.Length);
        Assert.EndsWith("xxx...", cut, StringComparison.Ordinal);
        Assert.Equal(new string('x', 2000), ReasonText.Clean(new string('x', 2000)));
    }

    [Fact]
    public void IsNotCutInTheMiddleOfAPair() => Assert.Equal("xxxx...", ReasonText.Clean("xxxx😀xxxxxxxx", maxLength: 8));
}
