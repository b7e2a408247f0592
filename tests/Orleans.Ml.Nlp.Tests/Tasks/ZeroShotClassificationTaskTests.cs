using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class ZeroShotClassificationTaskTests
{
    private static readonly float[] ExampleLogits = [0, 0, 2, 1, 0, 1, 3, 0, 0];

    [Fact]
    public void WorkedExampleComesOutToTheDigit_ForOneLabel()
    {
        var result = Answer.To<ClassificationResult>(Task(), "text", (1, 3, 3), ExampleLogits);

        Assert.Equal(("a", 0.6652409557748218), (result.PredictedValue, result.PredictionProbability));
        Assert.Equal([new("a", 0.6652409557748218), new("b", 0.24472847105479764), new("c", 0.09003057317038046)], result.TopClasses);
    }

    [Fact]
    public void WorkedExampleComesOutToTheDigit_ForManyLabels()
    {
        var result = Answer.To<ClassificationResult>(Task(multiLabel: true), "text", (1, 3, 3), ExampleLogits);

        Assert.Equal([new("a", 0.8807970779778823), new("b", 0.5), new("c", 0.04742587317756679)], result.TopClasses);
    }

    [Fact]
    public void RowIsTheTextAndTheHypothesis_ForEachLabel()
    {
        var input = Task().Prepare("text").Input;

        // [CLS] text [SEP] this is a . [SEP]
        Assert.Equal([2, 5, 3, 6, 7, 8, 11, 3], Given.Row(input, 0));
        Assert.Equal([2, 5, 3, 6, 7, 9, 11, 3], Given.Row(input, 1));
        Assert.Equal(3, input.Rows);
    }

    [Fact]
    public void HypothesisIsTheSameForAll_WithoutAPlaceForTheLabel()
    {
        var input = Task(template: "this is .").Prepare("text").Input;

        Assert.Equal(Given.Row(input, 0), Given.Row(input, 1));
    }

    [Fact]
    public void OnlyTheFirstPlaceTakesTheLabel()
    {
        var input = Task(template: "{} is {}").Prepare("text").Input;

        // The second stays: two braces, which the vocabulary does not have.
        Assert.Equal([2, 5, 3, 8, 7, 1, 1, 3], Given.Row(input, 0));
    }

    [Fact]
    public void TextIsCut_NotTheHypothesis()
    {
        var input = Task(settings: Given.Bert(max: 8)).Prepare("text text").Input;

        Assert.Equal([2, 5, 3, 6, 7, 8, 11, 3], Given.Row(input, 0));
        Assert.True(input.IsTruncated);
    }

    [Fact]
    public void LabelsOfTheRequestReplaceTheModels()
    {
        var task = Model(labels: ["a"]).Bind(new ZeroShotClassificationUpdate(null, null, ["b", "c"], true));

        var result = Answer.To<ClassificationResult>(task, "text", (1, 2, 3), 0, 0, 0, 0, 0, 2);

        Assert.Equal(["c", "b"], result.TopClasses.Select(c => c.ClassName));
        Assert.Equal(0.5, result.TopClasses[1].Probability);
    }

    [Fact]
    public void LabelsAreRequired()
    {
        var error = Assert.Throws<MlException>(() => Model(labels: null).Bind(null).Prepare("text"));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("labels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassesAreFoundInAnyOrderAndCase()
    {
        var config = new ZeroShotClassificationConfig(Given.Bert(), null, ["ENTAILMENT", "Contradiction", "neutral"], "{}", true, ["a"]);
        var task = NlpModel.Create("model-1", config, Given.Vocabulary("a", "text")).Bind(null);

        var result = Answer.To<ClassificationResult>(task, "text", (1, 1, 3), 2, 0, 9);

        Assert.Equal(0.8807970779778823, result.PredictionProbability);
    }

    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(1, 3, 2)]
    [InlineData(0, 0, 0)]
    public void ModelFails_WhenItsOutputIsNotThreeClassesForEachLabel(int batches, int rows, int columns)
    {
        var error = Answer.Refused(Task(), "text", (batches, rows, columns), new float[batches * rows * columns]);

        Assert.Equal(MlErrorKind.ModelFailed, error.Kind);
    }

    [Fact]
    public void WindowsAreRefused()
    {
        var error = Assert.Throws<MlException>(() => Model().Bind(new ZeroShotClassificationUpdate(Given.Update(Truncate.None, 2), null, null, null)));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
    }

    private static NlpTask Task(bool multiLabel = false, string template = "this is {}.", Models.Tokenization? settings = null) =>
        Model(multiLabel, template, settings).Bind(null);

    private static NlpModel Model(bool multiLabel = false, string template = "this is {}.", Models.Tokenization? settings = null) =>
        Model(["a", "b", "c"], multiLabel, template, settings);

    private static NlpModel Model(
        ImmutableArray<string>? labels, bool multiLabel = false, string template = "this is {}.", Models.Tokenization? settings = null) => NlpModel.Create(
        "model-1",
        new ZeroShotClassificationConfig(settings ?? Given.Bert(), null, ["contradiction", "neutral", "entailment"], template, multiLabel, labels),
        Given.Vocabulary("text", "this", "is", "a", "b", "c", "."));
}
