using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Wire;

public sealed class TimeValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-1", -1)]
    [InlineData("20s", 20_000)]
    [InlineData(" 20 S ", 20_000)]
    [InlineData("150ms", 150)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("5000micros", 5)]
    [InlineData("3000000nanos", 3)]
    public void TryParse_Reads(string text, double milliseconds)
    {
        Assert.True(TimeValue.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("1.5s")]
    [InlineData("s")]
    [InlineData("2M")]
    [InlineData("20 seconds")]
    [InlineData("99999999999999999999s")]
    public void TryParse_Refuses(string text) => Assert.False(TimeValue.TryParse(text, out _));

    [Theory]
    [InlineData("1nanos")]
    [InlineData("9000000000000000000d")]
    public void TryParse_StaysPositive_WhenOutOfRange(string text)
    {
        Assert.True(TimeValue.TryParse(text, out var value));
        Assert.True(value > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("20s")]
    [InlineData("1500ms")]
    [InlineData("2m")]
    [InlineData("1h")]
    [InlineData("7micros")]
    public void Format_GivesBackWhatWasRead(string text)
    {
        Assert.True(TimeValue.TryParse(text, out var value));
        Assert.Equal(text, TimeValue.Format(value));
    }
}
