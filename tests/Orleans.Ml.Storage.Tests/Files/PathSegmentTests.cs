using Orleans.Ml.Storage.Files;

namespace Orleans.Ml.Storage.Tests.Files;

public sealed class PathSegmentTests
{
    [Theory]
    [InlineData("tiny-ner", "tiny-ner")]
    [InlineData("a.b_c-1", "a.b_c-1")]
    [InlineData(".", "%2e")]
    [InlineData("..", "%2e.")]
    [InlineData("../../etc/passwd", "%2e.%2f..%2fetc%2fpasswd")]
    [InlineData("/root", "%2froot")]
    [InlineData(@"a\b", "a%5cb")]
    [InlineData("Model", "%4dodel")]
    [InlineData("%4dodel", "%254dodel")]
    [InlineData("a\0b", "a%00b")]
    [InlineData("a+b.tmp", "a%2bb.tmp")]
    [InlineData("é", "%c3%a9")]
    public void NamesOnePathSegmentAndReadsItBack_WhateverTheIdIs(string id, string name)
    {
        Assert.Equal(name, PathSegment.Encode(id, "model_id"));
        Assert.Equal(id, PathSegment.Decode(name));
    }

    [Theory]
    [InlineData("Model")]
    [InlineData("%4Dodel")]
    [InlineData("..")]
    [InlineData("tiny-ner+0123.tmp")]
    [InlineData("lost+found")]
    public void ReadsNoId_WhenNoIdGivesThatName(string name) => Assert.Null(PathSegment.Decode(name));

    [Fact]
    public void RefusesAnId_WhenItsNameWouldBeTooLong()
    {
        Assert.Equal(200, PathSegment.Encode(new string('a', 200), "model_id").Length);

        var refused = Assert.Throws<MlException>(() => PathSegment.Encode(new string('A', 67), "model_id"));

        Assert.Equal(MlErrorKind.IllegalArgument, refused.Kind);
        Assert.Contains("[201] bytes, the limit is [200]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesAnId_WhenItIsNoText()
    {
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.Throws<MlException>(() => PathSegment.Encode("", "model_id")).Kind);
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.Throws<MlException>(() => PathSegment.Encode("a\ud800", "model_id")).Kind);
    }
}
