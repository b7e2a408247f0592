using System.Text;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

public sealed class VocabularyTests
{
    [Fact]
    public async Task AllMembersAreRead()
    {
        var vocabulary = await ReadAsync("""{"vocabulary":["a","ü"],"merges":["a b"],"scores":[-1.5,0]}""");

        Assert.Equal(["a", "ü"], vocabulary.Tokens);
        Assert.Equal(["a b"], vocabulary.Merges);
        Assert.Equal([-1.5, 0], vocabulary.Scores);
    }

    [Fact]
    public async Task MergesAndScoresAreOptional()
    {
        var vocabulary = await ReadAsync("""{"vocabulary":["a"],"scores":[],"merges":null}""");

        Assert.Empty(vocabulary.Merges);
        Assert.Empty(vocabulary.Scores);
    }

    [Theory]
    [InlineData("", MlErrorKind.ContentParse, "parsed")]
    [InlineData("null", MlErrorKind.ContentParse, "null")]
    [InlineData("[]", MlErrorKind.ContentParse, "parsed")]
    [InlineData("""{"vocabulary":["a"]""", MlErrorKind.ContentParse, "parsed")]
    [InlineData("""{"vocabulary":["a"]} x""", MlErrorKind.ContentParse, "parsed")]
    [InlineData("""{"vocabulary":"a"}""", MlErrorKind.ContentParse, "vocabulary")]
    [InlineData("""{"vocabulary":["a",7]}""", MlErrorKind.ContentParse, "vocabulary")]
    [InlineData("""{"vocabulary":["a",null]}""", MlErrorKind.ContentParse, "[vocabulary] has a null at index [1]")]
    [InlineData("""{"vocabulary":["a"],"merges":[null]}""", MlErrorKind.ContentParse, "[merges]")]
    [InlineData("""{"vocabulary":["a"],"scores":["x"]}""", MlErrorKind.ContentParse, "scores")]
    [InlineData("""{"vocabulary":["a"],"other":1}""", MlErrorKind.ContentParse, "other")]
    [InlineData("""{"vocabulary":["a"],"vocabulary":["b"]}""", MlErrorKind.ContentParse, "vocabulary")]
    [InlineData("""{"vocabulary":["\ud800"]}""", MlErrorKind.ContentParse, "vocabulary")]
    [InlineData("""{"merges":[]}""", MlErrorKind.IllegalArgument, "[vocabulary] must not be null")]
    [InlineData("""{"vocabulary":[]}""", MlErrorKind.RequestValidation, "[vocabulary] must not be empty")]
    [InlineData("""{"vocabulary":["a"],"scores":[1,2]}""", MlErrorKind.RequestValidation, "[scores] has [2] entries, [vocabulary] has [1]")]
    public async Task ContentIsRefusedWithItsPlace_WhenMalformed(string json, MlErrorKind kind, string mention)
    {
        var error = await Assert.ThrowsAsync<MlException>(() => ReadAsync(json));

        Assert.Equal(kind, error.Kind);
        Assert.Contains(mention, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingSpecialTokensAreNamed_AllOfThem()
    {
        var error = Assert.Throws<MlException>(() => Given.Embedding(new(["[UNK]", "[SEP]", "a"])));

        Assert.Equal(MlErrorKind.Conflict, error.Kind);
        Assert.Contains("[CLS], [PAD]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[model-1]", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("[SEP]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClsAndSepAreNotNeeded_WithoutSpecialTokens()
    {
        var model = Given.Embedding(new(["[UNK]", "[PAD]"]), Given.Bert(special: false));

        Assert.Equal(1, model.PadTokenId);
    }

    [Fact]
    public void UnkAndPadAreAlwaysNeeded()
    {
        var error = Assert.Throws<MlException>(() => Given.Embedding(new(["a"]), Given.Bert(special: false)));

        Assert.Contains("[PAD], [UNK]", error.Message, StringComparison.Ordinal);
    }

    private static Task<Vocabulary> ReadAsync(string json) =>
        Vocabulary.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(json)), TestContext.Current.CancellationToken);
}
