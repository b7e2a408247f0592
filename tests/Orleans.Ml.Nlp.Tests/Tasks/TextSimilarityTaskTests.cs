using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class TextSimilarityTaskTests
{
    // Three special tokens and the query leave windows of two.
    private static readonly Models.Tokenization Windowed = Given.Bert(max: 6, truncate: Truncate.None, span: 0);

    [Fact]
    public void ScoreIsTheModelsNumber_WithoutWindows()
    {
        Assert.Equal(-1.2f, Answer.To<TextSimilarityResult>(Task(), "a b", (1, 1, 1), -1.2f).Score);
    }

    [Theory]
    [InlineData(SpanScoreCombination.Max, 0.4)]
    [InlineData(SpanScoreCombination.Mean, -0.4)]
    public void WorkedExampleComesOut_OverWindows(SpanScoreCombination combination, double expected)
    {
        var result = Answer.To<TextSimilarityResult>(Task(Windowed, combination), "a b c d", (1, 2, 1), -1.2f, 0.4f);

        Assert.Equal(expected, result.Score, 1e-6);
    }

    [Fact]
    public void QueryComesFirst()
    {
        var input = Task().Prepare("a b").Input;

        Assert.Equal([2, 9, 3, 5, 6, 3], Given.Row(input, 0));
    }

    [Fact]
    public void CombinationIsOverridden()
    {
        var task = Model(Windowed, SpanScoreCombination.Max).Bind(new TextSimilarityUpdate(null, null, "query", SpanScoreCombination.Mean));

        Assert.Equal(1.5, Answer.To<TextSimilarityResult>(task, "a b c d", (1, 2, 1), 1, 2).Score);
    }

    [Fact]
    public void TextToCompareWithIsRequired()
    {
        var error = Assert.Throws<MlException>(() => Model(Given.Bert(), SpanScoreCombination.Max).Bind(null).Prepare("a"));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
        Assert.Contains("[text]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(1, 2, 1)]
    [InlineData(0, 0, 0)]
    public void ModelFails_WhenItsOutputIsNotOneNumberForEachWindow(int batches, int rows, int columns)
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Task(), "a b", (batches, rows, columns), new float[batches * rows * columns]).Kind);
    }

    private static NlpTask Task(Models.Tokenization? settings = null, SpanScoreCombination combination = SpanScoreCombination.Max) =>
        Model(settings ?? Given.Bert(), combination).Bind(new TextSimilarityUpdate(null, null, "query", null));

    private static NlpModel Model(Models.Tokenization settings, SpanScoreCombination combination) =>
        NlpModel.Create("model-1", new TextSimilarityConfig(settings, null, combination), Given.Vocabulary("a", "b", "c", "d", "query"));
}
