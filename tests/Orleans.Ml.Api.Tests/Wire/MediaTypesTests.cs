using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Wire;

public sealed class MediaTypesTests
{
    // Byte for byte: what a test client shows has been parsed and printed again.
    [Theory]
    [InlineData("application/vnd.elasticsearch+json; compatible-with=9", "application/vnd.elasticsearch+json;compatible-with=9")]
    [InlineData("application/vnd.elasticsearch+json;compatible-with=8", "application/vnd.elasticsearch+json;compatible-with=8")]
    [InlineData("APPLICATION/vnd.elasticsearch+json ; compatible-with=8", "application/vnd.elasticsearch+json;compatible-with=8")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("text/plain", "application/json")]
    public void ForAccept_Echoes(string accept, string expected) => Assert.Equal(expected, MediaTypes.ForAccept(accept));
}
