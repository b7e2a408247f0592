using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Tests.Options;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("1000", 1000)]
    [InlineData("7b", 7)]
    [InlineData("2kb", 2048)]
    [InlineData("3m", 3L << 20)]
    [InlineData("4GB", 4L << 30)]
    [InlineData("1T", 1L << 40)]
    [InlineData("8388607tb", 8388607L << 40)]
    public void Reads_WhatElasticsearchWrites(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gb")]
    [InlineData("-1")]
    [InlineData("1.5gb")]
    [InlineData("80%")]
    [InlineData("4 gb")]
    [InlineData("4xb")]
    [InlineData("8388608tb")]
    [InlineData("99999999999999999999")]
    public void Refuses_WhatIsNoSizeOrTooLarge(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
