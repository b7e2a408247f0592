using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class TextClassificationTaskTests
{
    [Fact]
    public void WorkedExampleComesOutToTheDigit()
    {
        var result = Answer.To<ClassificationResult>(Task(["POSITIVE", "NEGATIVE"], 2), "a", (1, 1, 2), 1f, -1f);

        Assert.Equal("POSITIVE", result.PredictedValue);
        Assert.Equal(0.8807970779778823, result.PredictionProbability);
        Assert.Equal([new("POSITIVE", 0.8807970779778823), new("NEGATIVE", 0.11920292202211755)], result.TopClasses);
        Assert.False(result.IsTruncated);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "c")]
    [InlineData(2, "c a")]
    [InlineData(-1, "c a b")]
    [InlineData(99, "c a b")]
    public void AsManyClassesAreListedAsAskedFor(int topClasses, string expected)
    {
        var result = Answer.To<ClassificationResult>(Task(["a", "b", "c"], topClasses), "a", (1, 1, 3), 1, 0, 2);

        Assert.Equal(expected, string.Join(' ', result.TopClasses.Select(c => c.ClassName)));
        Assert.Equal("c", result.PredictedValue);
    }

    [Fact]
    public void EqualClassesKeepTheOrderOfTheLabels()
    {
        var labels = Enumerable.Range(0, 300).Select(i => $"label-{i}").ToImmutableArray();

        var result = Answer.To<ClassificationResult>(Task(labels, -1), "a", (1, 1, 300), new float[300]);

        Assert.Equal(labels, result.TopClasses.Select(c => c.ClassName));
        Assert.Equal("label-0", result.PredictedValue);
    }

    [Fact]
    public void GreatLogitsDoNotOverflow()
    {
        var result = Answer.To<ClassificationResult>(Task(["a", "b"], 0), "a", (1, 1, 2), 3e38f, 2e38f);

        Assert.Equal(("a", 1.0), (result.PredictedValue, result.PredictionProbability));
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(1, float.NaN)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void NumbersThatAreNoneGiveAnAnswerStill(float first, float second)
    {
        var result = Answer.To<ClassificationResult>(Task(["a", "b"], -1), "a", (1, 1, 2), first, second);

        Assert.Equal(2, result.TopClasses.Length);
    }

    [Fact]
    public void OnlyTheFirstWindowCounts()
    {
        var task = Task(["a", "b"], 0, Given.Bert(max: 3, truncate: Truncate.None, span: 0));

        Assert.Equal("b", Answer.To<ClassificationResult>(task, "a b", (1, 2, 2), 0, 1, 9, 0).PredictedValue);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void ModelFails_WhenItGivesAnotherNumberOfValues(int columns)
    {
        var error = Answer.Refused(Task(["a", "b"], 0), "a", (1, 1, columns), new float[columns]);

        Assert.Equal(MlErrorKind.ModelFailed, error.Kind);
        Assert.Contains($"[{columns}]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    public void ModelFails_WhenItGivesNothing(int batches, int rows)
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Task(["a", "b"], 0), "a", (batches, rows, 2)).Kind);
    }

    [Fact]
    public void LabelsAndTheirNumberCanBeOverridden()
    {
        var task = Model(["a", "b"], 0).Bind(new TextClassificationUpdate(null, "label", ["x", "y"], 1));

        var result = Answer.To<ClassificationResult>(task, "a", (1, 1, 2), 0, 1);

        Assert.Equal(("y", 1, "label"), (result.PredictedValue, result.TopClasses.Length, task.ResultsField));
    }

    [Fact]
    public void OverrideIsRefusedNamingBothCounts_WhenItHasAnotherNumberOfLabels()
    {
        var error = Assert.Throws<MlException>(() => Model(["a", "b"], 0).Bind(new TextClassificationUpdate(null, null, ["x", "y", "z"], null)));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[3]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TruncationIsReported()
    {
        Assert.True(Answer.To<ClassificationResult>(Task(["a", "b"], 0, Given.Bert(max: 3)), "a b", (1, 1, 2), 0, 1).IsTruncated);
    }

    private static NlpTask Task(ImmutableArray<string> labels, int topClasses, Models.Tokenization? settings = null) =>
        Model(labels, topClasses, settings).Bind(null);

    private static NlpModel Model(ImmutableArray<string> labels, int topClasses, Models.Tokenization? settings = null) =>
        NlpModel.Create("model-1", new TextClassificationConfig(settings ?? Given.Bert(), null, labels, topClasses), Given.Vocabulary("a", "b"));
}
