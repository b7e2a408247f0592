using CsCheck;
using Orleans.Ml.Api.Contracts;

namespace Orleans.Ml.Api.Tests.Contracts;

public sealed class IdExpressionTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a*", "a", true)]
    [InlineData("*b", "ab", true)]
    [InlineData("a*c*e", "abcde", true)]
    [InlineData("a*c*e", "abde", false)]
    [InlineData("*a*b", "aab", true)]
    [InlineData("a.c", "abc", false)]
    [InlineData("a?c", "abc", false)]
    [InlineData("**", "", true)]
    [InlineData("x,b*", "bc", true)]
    [InlineData("_all", "anything", true)]
    [InlineData(",", "anything", true)]
    public void Matches_NamesAndWildcards(string expression, string id, bool expected) => Assert.Equal(expected, IdExpression.Parse(expression).Matches(id));

    [Fact]
    public void Matches_AgreesWithARegularExpression() => Gen.Select(Gen.Char["ab*"].Array[0, 8], Gen.Char["ab"].Array[0, 12]).Sample((pattern, id) =>
    {
        var text = new string(pattern);
        var regex = "^" + text.Replace("*", ".*", StringComparison.Ordinal) + "$";
        var isWhole = text.Length > 0;
        return !isWhole || IdExpression.Parse(text).Matches(new string(id)) == System.Text.RegularExpressions.Regex.IsMatch(new string(id), regex);
    });

    [Fact]
    public void RequireMatches_NamesPlainIdsThatMatchNothing()
    {
        var error = Assert.Throws<MlException>(() => IdExpression.Parse("a,b,c*").RequireMatches(["a"], allowNoMatch: true));

        Assert.Equal(MlErrorKind.NotFound, error.Kind);
        Assert.EndsWith("[b]", error.Message, StringComparison.Ordinal);
    }
}
