using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class FillMaskTaskTests
{
    // [CLS] capital is [MASK] . [SEP]: the mask is token 3.
    private const string Text = "capital is [MASK].";
    private const int Tokens = 6;
    private const int Mask = 3;

    private static readonly string[] Words = ["capital", "is", "."];

    [Fact]
    public void WorkedExampleComesOutToTheDigit()
    {
        // The example's vocabulary has three words and no special tokens; those are made impossible here.
        var result = Answer.To<FillMaskResult>(Task(1), Text, (1, Tokens, 11), Logits((8, 2), (9, 3), (10, 1)));

        Assert.Equal(("lyon", "capital is lyon."), (result.PredictedValue, result.PredictedSequence));
        Assert.Equal(0.6652409557748218, result.PredictionProbability);
        Assert.Equal([new("lyon", 0.6652409557748218)], result.TopClasses);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "lyon paris")]
    [InlineData(3, "lyon paris rome")]
    public void AsManyWordsAreListedAsAskedFor(int topClasses, string expected)
    {
        var result = Answer.To<FillMaskResult>(Task(topClasses), Text, (1, Tokens, 11), Logits((8, 2), (9, 3), (10, 1)));

        Assert.Equal(expected, string.Join(' ', result.TopClasses.Select(c => c.ClassName)));
        Assert.Equal("lyon", result.PredictedValue);
    }

    [Fact]
    public void AllWordsAreListed_WhenTheNumberIsNegative()
    {
        Assert.Equal(11, Answer.To<FillMaskResult>(Task(-1), Text, (1, Tokens, 11), Logits((8, 2))).TopClasses.Length);
    }

    [Fact]
    public void ValuesBeyondTheVocabularyHaveNoName_ButTakeProbability()
    {
        var result = Answer.To<FillMaskResult>(Task(-1), Text, (1, Tokens, 12), Logits(12, (8, 0), (11, 0)));

        Assert.Equal(("paris", 0.5, 11), (result.PredictedValue, result.PredictionProbability, result.TopClasses.Length));
    }

    [Fact]
    public void TextIsRefused_WithoutAMask()
    {
        AssertRefused("capital is <mask>.", MlErrorKind.StateValidation);
    }

    [Fact]
    public void TextIsRefused_WithTwoMasks()
    {
        AssertRefused("[MASK] is [MASK].", MlErrorKind.BadRequest);
    }

    [Fact]
    public void TextIsRefused_WhenTheVocabularyHasNoMask()
    {
        var model = NlpModel.Create("model-1", new FillMaskConfig(Given.Bert(), null, 0), new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]));

        Assert.Equal(MlErrorKind.Conflict, Assert.Throws<MlException>(() => model.Bind(null).Prepare("a [MASK]")).Kind);
    }

    [Fact]
    public void AnswerFails_WhenTheMaskWasCutOff()
    {
        var error = Answer.Refused(Task(1, Given.Bert(max: 4)), Text, (1, 4, 11), new float[44]);

        Assert.Equal(MlErrorKind.ModelFailed, error.Kind);
        Assert.Contains("[MASK]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswerFails_WhenTheModelHasNoRowForTheMask()
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Task(1), Text, (1, 1, 11), new float[11]).Kind);
    }

    [Fact]
    public void PiecesStayAsTheVocabularyHasThem_InWordPiece()
    {
        var result = Answer.To<FillMaskResult>(Task(1, words: "##s"), Text, (1, Tokens, 12), Logits(12, (11, 9)));

        Assert.Equal("##s", result.PredictedValue);
    }

    [Fact]
    public void BytesBecomeTextAndSpacesGo_InBytePairs()
    {
        var vocabulary = new Nlp.Tokenization.Vocabulary(["<s>", "</s>", "<pad>", "<unk>", "<mask>", "\u0120Gr\u00C3\u00BC"]) { Merges = ["a b"] };
        var task = NlpModel.Create("model-1", new FillMaskConfig(new(TokenizerKind.Roberta), null, 1), vocabulary).Bind(null);

        var result = Answer.To<FillMaskResult>(task, "<mask>", (1, 3, 6), [.. new float[11], 9, .. new float[6]]);

        Assert.Equal(("Grü", "Grü"), (result.PredictedValue, result.PredictedSequence));
    }

    [Theory]
    [InlineData(TokenizerKind.XlmRoberta, "<mask>", "Haus")]
    [InlineData(TokenizerKind.DebertaV2, "[MASK]", "\u2581Haus")]
    public void BoundaryGoesInXlmRoberta_AndStaysInDeberta(TokenizerKind kind, string mask, string expected)
    {
        var task = NlpModel.Create("model-1", new FillMaskConfig(new(kind), null, 1), Given.Unigrams(kind, ("\u2581Haus", -1))).Bind(null);

        var result = Answer.To<FillMaskResult>(task, mask, (1, 3, 6), [.. new float[11], 9, .. new float[6]]);

        Assert.Equal(expected, result.PredictedValue);
    }

    [Fact]
    public void NumberOfClassesIsOverridden()
    {
        var task = Model(0).Bind(new FillMaskUpdate(null, "word", 2, "[MASK]"));

        Assert.Equal("word", task.ResultsField);
        Assert.Equal(2, Answer.To<FillMaskResult>(task, Text, (1, Tokens, 11), Logits((8, 2))).TopClasses.Length);
    }

    [Fact]
    public void OverrideIsRefused_WhenItsMaskIsNotTheTokenizers()
    {
        var error = Assert.Throws<MlException>(() => Model(0).Bind(new FillMaskUpdate(null, null, null, "<mask>")));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.All(["[MASK]", "<mask>"], mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }

    private static void AssertRefused(string text, MlErrorKind kind)
    {
        var error = Assert.Throws<MlException>(() => Task(1).Prepare(text));

        Assert.Equal(kind, error.Kind);
        Assert.Contains("[MASK]", error.Message, StringComparison.Ordinal);
    }

    private static NlpTask Task(int topClasses, Models.Tokenization? settings = null, params string[] words) => Model(topClasses, settings, words).Bind(null);

    private static NlpModel Model(int topClasses, Models.Tokenization? settings = null, params string[] words) => NlpModel.Create(
        "model-1", new FillMaskConfig(settings ?? Given.Bert(), null, topClasses), Given.Vocabulary([.. Words, "paris", "lyon", "rome", .. words]));

    private static float[] Logits(params (int Id, float Value)[] atMask) => Logits(11, atMask);

    /// <summary>Logits that make all ids but the given ones impossible at the mask, and say something else everywhere else.</summary>
    private static float[] Logits(int columns, params (int Id, float Value)[] atMask)
    {
        var logits = new float[Tokens * columns];
        logits.AsSpan(Mask * columns, columns).Fill(-10_000);
        foreach (var (id, value) in atMask)
            logits[(Mask * columns) + id] = value;
        return logits;
    }
}
