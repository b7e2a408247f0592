using System.Text.Json;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Wire;

public sealed class FieldFilterTests
{
    private const string Whole = """{"count":2,"models":[{"id":"a","size":{"bytes":1,"text":"1b"}},{"id":"b","size":{"bytes":2,"text":"2b"}}],"empty":{},"none":null}""";

    [Theory]
    [InlineData("count", """{"count":2}""")]
    [InlineData("models.id", """{"models":[{"id":"a"},{"id":"b"}]}""")]
    [InlineData("models.size.bytes,count", """{"count":2,"models":[{"size":{"bytes":1}},{"size":{"bytes":2}}]}""")]
    [InlineData("models.s*", """{"models":[{"size":{"bytes":1,"text":"1b"}},{"size":{"bytes":2,"text":"2b"}}]}""")]
    [InlineData("**.bytes", """{"models":[{"size":{"bytes":1}},{"size":{"bytes":2}}]}""")]
    [InlineData("**.text,models.id", """{"models":[{"id":"a","size":{"text":"1b"}},{"id":"b","size":{"text":"2b"}}]}""")]
    [InlineData("models.**", """{"models":[{"id":"a","size":{"bytes":1,"text":"1b"}},{"id":"b","size":{"bytes":2,"text":"2b"}}]}""")]
    [InlineData("*.*.bytes", """{"models":[{"size":{"bytes":1}},{"size":{"bytes":2}}]}""")]
    [InlineData("-models", """{"count":2,"empty":{},"none":null}""")]
    [InlineData("-**.size,-empty", """{"count":2,"models":[{"id":"a"},{"id":"b"}],"none":null}""")]
    [InlineData("models,-models.id,-models.size.text", """{"models":[{"size":{"bytes":1}},{"size":{"bytes":2}}]}""")]
    [InlineData("-models.id,-models.size", """{"count":2,"empty":{},"none":null}""")]
    [InlineData("nothing", "{}")]
    [InlineData("none", """{"none":null}""")]
    [InlineData("count.deeper", "{}")]
    [InlineData("*", Whole)]
    [InlineData("**", Whole)]
    public void Apply_KeepsWhatIsAskedFor(string paths, string expected)
    {
        using var whole = JsonDocument.Parse(Whole);

        Assert.Equal(expected, FieldFilter.Parse(paths)!.Apply(whole.RootElement)!.ToJsonString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("-")]
    [InlineData(".")]
    public void Parse_IsNothing_WhenNothingIsAskedFor(string? paths) => Assert.Null(FieldFilter.Parse(paths));

    [Fact]
    public void Apply_IsQuick_WhateverThePattern()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 60)) + "1" + new string('}', 60);
        using var whole = JsonDocument.Parse(deep);
        var paths = string.Join('.', Enumerable.Repeat("**.a*a*", 200));

        Assert.Equal("{}", FieldFilter.Parse(paths)!.Apply(whole.RootElement)!.ToJsonString());
    }
}
