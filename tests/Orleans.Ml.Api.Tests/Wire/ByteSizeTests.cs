using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Wire;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("0b", 0, "0")]
    [InlineData("1630b", 1630, "1630b")]
    [InlineData("10MB", 10_485_760, "10mb")]
    [InlineData("10m", 10_485_760, "10mb")]
    [InlineData("1.5mb", 1_572_864, "1572864b")]
    [InlineData("2048kb", 2_097_152, "2048kb")]
    [InlineData(" 3 gb ", 3_221_225_472, "3gb")]
    [InlineData("-1", -1, "-1")]
    public void TryParse_ReadsAndPrintsExactly(string text, long bytes, string exact)
    {
        Assert.True(ByteSize.TryParse(text, out var size));
        Assert.Equal((bytes, exact), (size.Bytes, size.Exact));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10%")]
    [InlineData("mb")]
    [InlineData("1.5b")]
    [InlineData("1e3kb")]
    [InlineData("99999999999pb")]
    [InlineData("9999999999999999999999999999999999999b")]
    public void TryParse_Refuses(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0b")]
    [InlineData(1023, "1023b")]
    [InlineData(1024, "1kb")]
    [InlineData(1630, "1.5kb")]
    [InlineData(265632637, "253.3mb")]
    [InlineData(1L << 40, "1tb")]
    public void Human_CutsAfterOneDigit(long bytes, string expected) => Assert.Equal(expected, ByteSize.Human(bytes));
}
