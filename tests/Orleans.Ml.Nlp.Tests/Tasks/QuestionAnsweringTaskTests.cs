using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class QuestionAnsweringTaskTests
{
    private const string Question = "which colour";

    // [CLS] which colour [SEP] red green blue [SEP]
    private static readonly float[] ExampleLogits = [0, 9, 9, 9, 2, 0, 0, 5, 0, 9, 9, 9, 0, 3, 0, 5];

    [Fact]
    public void WorkedExampleComesOutToTheDigit()
    {
        var result = Interpret("red green blue", 0, 15, 1, 8, ExampleLogits);

        Assert.Equal(("red green", 0, 9), (result.Best.Answer, result.Best.StartOffset, result.Best.EndOffset));
        Assert.Equal(0.618808596522527, result.Best.Score, 1e-15);
        Assert.Empty(result.TopAnswers);
    }

    [Fact]
    public void AnswersAreListedDescending_OverlappingOnesIncluded()
    {
        var result = Interpret("red green blue", 3, 15, 1, 8, ExampleLogits);

        Assert.Equal(result.Best, result.TopAnswers[0]);
        Assert.Equal(3, result.TopAnswers.Length);
        Assert.Equal(["red green", "green"], result.TopAnswers.Take(2).Select(a => a.Answer));
        Assert.Equal(result.TopAnswers.OrderByDescending(a => a.Score), result.TopAnswers);
    }

    [Fact]
    public void AnswersAreFewer_WhenTheTextHasNoMore()
    {
        Assert.Equal(6, Interpret("red green blue", 100, 15, 1, 8, ExampleLogits).TopAnswers.Length);
    }

    [Theory]
    [InlineData(1, "green")]
    [InlineData(2, "red green")]
    public void AnswerHasNoMoreTokensThanAllowed(int maxAnswerLength, string expected)
    {
        // Start says red a little, end says green a lot.
        var result = Interpret("red green blue", 0, maxAnswerLength, 1, 8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0);

        Assert.Equal(expected, result.Best.Answer);
    }

    [Fact]
    public void NoAnswerIsGivenByQuestionOrSeparators()
    {
        var result = Interpret("red green blue", 100, 15, 1, 8, 0, 9, 9, 9, 0, 0, 0, 9, 0, 9, 9, 9, 0, 0, 0, 9);

        Assert.All(result.TopAnswers, answer => Assert.InRange(answer.EndOffset, 1, 14));
        Assert.All(result.TopAnswers, answer => Assert.Equal(1.0 / 16, answer.Score, 1e-12));
    }

    [Fact]
    public void BestAnswerOfAllWindowsCounts()
    {
        // Windows [red green] and [green blue] with two tokens each.
        var settings = Given.Bert(max: 7, truncate: Truncate.None, span: 1);

        var result = Interpret("red green blue", 1, 15, 2, 7, settings,
            [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 9, 0]);

        Assert.Equal([("blue", 10, 14)], result.TopAnswers.Select(a => (a.Answer, a.StartOffset, a.EndOffset)));
    }

    [Fact]
    public void SameAnswerOfTwoWindowsIsListedTwice()
    {
        var settings = Given.Bert(max: 7, truncate: Truncate.None, span: 1);

        var result = Interpret("red green blue", 2, 15, 2, 7, settings,
            [0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 9, 0, 0]);

        Assert.Equal(["green", "green"], result.TopAnswers.Select(a => a.Answer));
    }

    [Fact]
    public void FirstOfEqualAnswersCounts()
    {
        Assert.Equal("red", Interpret("red green blue", 0, 15, 1, 8, new float[16]).Best.Answer);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(int.MaxValue)]
    public void BestOfManyAnswersAreThoseOfSortingAll(int topAnswers)
    {
        var random = new Random(7);
        var text = string.Join(' ', Enumerable.Repeat("red", 100));
        var logits = Enumerable.Range(0, 2 * 105).Select(_ => (float)random.Next(4)).ToArray();

        var all = Interpret(text, 100 * 101 / 2, 100, 1, 105, logits).TopAnswers;
        var some = Interpret(text, topAnswers, 100, 1, 105, logits).TopAnswers;

        Assert.Equal(5050, all.Length);
        Assert.Equal(all.OrderByDescending(a => a.Score), all);
        Assert.Equal(all.Take(topAnswers), some);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void NumbersThatAreNoneGiveAnAnswerStill(float value)
    {
        Assert.Equal("red", Interpret("red green blue", 0, 15, 1, 8, [.. Enumerable.Repeat(value, 16)]).Best.Answer);
    }

    [Fact]
    public void AnswerToAnEmptyTextIsEmpty()
    {
        Assert.Equal(new TopAnswer("", 0, 0, 0), Interpret("", 0, 15, 1, 5, new float[10]).Best);
    }

    [Fact]
    public void ContextBeginsAfterTwoSeparators_WhereThereAreTwo()
    {
        // <s> which colour </s> </s> red </s>
        var vocabulary = new Nlp.Tokenization.Vocabulary(["<s>", "</s>", "<pad>", "[UNK]", "<mask>", "which", "colour", "red"]);
        var task = NlpModel.Create("model-1", new QuestionAnsweringConfig(new(TokenizerKind.Mpnet), null, 0, 15), vocabulary)
            .Bind(new QuestionAnsweringUpdate(null, null, Question, null, null));

        var result = Answer.To<QuestionAnsweringResult>(task, "red", (2, 1, 7), new float[14]);

        Assert.Equal(("red", 0.25), (result.Best.Answer, result.Best.Score));
    }

    [Fact]
    public void QuestionIsRequired()
    {
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.Throws<MlException>(() => Model(Given.Bert()).Bind(null).Prepare("red")).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void QuestionMustHaveTokens(string question)
    {
        var task = Model(Given.Bert()).Bind(new QuestionAnsweringUpdate(null, null, question, null, null));

        Assert.Equal(MlErrorKind.BadRequest, Assert.Throws<MlException>(() => task.Prepare("red")).Kind);
    }

    [Theory]
    [InlineData(3, 1, 8)]
    [InlineData(4, 1, 8)]
    [InlineData(2, 2, 8)]
    [InlineData(2, 1, 7)]
    [InlineData(0, 0, 0)]
    public void ModelFails_WhenItsOutputIsNoStartAndEndForEachWindow(int batches, int rows, int columns)
    {
        var task = Model(Given.Bert()).Bind(new QuestionAnsweringUpdate(null, null, Question, null, null));

        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(task, "red green blue", (batches, rows, columns), new float[batches * rows * columns]).Kind);
    }

    private static QuestionAnsweringResult Interpret(string text, int topAnswers, int maxAnswerLength, int windows, int columns, params float[] logits) =>
        Interpret(text, topAnswers, maxAnswerLength, windows, columns, Given.Bert(), logits);

    private static QuestionAnsweringResult Interpret(
        string text, int topAnswers, int maxAnswerLength, int windows, int columns, Models.Tokenization settings, float[] logits) =>
        Answer.To<QuestionAnsweringResult>(
            Model(settings).Bind(new QuestionAnsweringUpdate(null, null, Question, topAnswers, maxAnswerLength)), text, (2 * windows, 1, columns), logits);

    private static NlpModel Model(Models.Tokenization settings) => NlpModel.Create(
        "model-1", new QuestionAnsweringConfig(settings, null, 0, 15), Given.Vocabulary("which", "colour", "red", "green", "blue"));
}
