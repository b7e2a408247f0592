using System.Runtime.InteropServices;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

/// <summary>text_embedding and pass_through: the model's numbers as they are.</summary>
public sealed class VectorTaskTests
{
    private static readonly Nlp.Tokenization.Vocabulary Words = Given.Vocabulary("a", "b");

    [Fact]
    public void EmbeddingIsTheFirstRow_AsLittleEndianFloats()
    {
        var result = Answer.To<EmbeddingResult>(Given.Embedding(Words).Bind(null), "a", (1, 2, 2), 0.1f, float.NaN, 9, 9);

        Assert.Equal([0xCD, 0xCC, 0xCC, 0x3D, .. BitConverter.GetBytes(float.NaN)], result.Values);
        Assert.False(result.IsTruncated);
    }

    [Fact]
    public void EmbeddingSaysThatTheTextWasCut()
    {
        Assert.True(Answer.To<EmbeddingResult>(Given.Embedding(Words, Given.Bert(max: 3)).Bind(null), "a b", (1, 1, 1), 1).IsTruncated);
    }

    [Fact]
    public void EmbeddingFails_WhenTheModelGivesNothing()
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Given.Embedding(Words).Bind(null), "a", (0, 0, 4)).Kind);
    }

    [Fact]
    public void PassThroughIsAllRowsOfTheFirstBatch()
    {
        var result = Answer.To<RawResult>(Given.PassThrough(Words).Bind(null), "a", (2, 2, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

        Assert.Equal(3, result.Columns);
        Assert.Equal([1, 2, 3, 4, 5, 6], MemoryMarshal.Cast<byte, float>(result.Values));
    }

    [Fact]
    public void PassThroughFails_WhenTheModelGivesNothing()
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Given.PassThrough(Words).Bind(null), "a", (1, 0, 3)).Kind);
    }

    [Fact]
    public void PassThroughAllowsWindows_EmbeddingDoesNot()
    {
        var windows = Given.Update(Truncate.None, 0);

        Assert.Equal(2, Given.PassThrough(Words, Given.Bert(max: 3)).Bind(new PassThroughUpdate(windows, null)).Prepare("a b").Input.Rows);
        Assert.Throws<MlException>(() => Given.Embedding(Words, Given.Bert(max: 3)).Bind(new TextEmbeddingUpdate(windows, null)));
    }
}
