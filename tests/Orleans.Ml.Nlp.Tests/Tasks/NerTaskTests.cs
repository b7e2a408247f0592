using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class NerTaskTests
{
    private static readonly ImmutableArray<string> Tags = ["O", "B_PER", "I_PER", "B_LOC", "I_LOC"];

    [Fact]
    public void WorkedExampleComesOut()
    {
        // York has two pieces, 0.9 and 0.5; probabilities p come from logits ln p.
        var result = Interpret("Ann lives in New York", Model(),
            Sure(1, 0.9), Sure(0, 0.9), Sure(0, 0.9), Sure(3, 0.8), Sure(4, 0.9), Sure(4, 0.5));

        Assert.Equal("[Ann](PER&Ann) lives in [New York](LOC&New+York)", result.AnnotatedText);
        Assert.Equal([("Ann", "PER", 0.9, 0, 3), ("New York", "LOC", 0.75, 13, 21)], Rounded(result));
    }

    [Fact]
    public void EntityTextIsLowerCased_AndTheAnnotationIsNot_WhenTheModelLowerCases()
    {
        var result = Interpret("Ann", Model(Given.Bert(lower: true)), Sure(1, 0.9));

        Assert.Equal("ann", Assert.Single(result.Entities).Entity);
        Assert.Equal("[Ann](PER&Ann)", result.AnnotatedText);
    }

    [Fact]
    public void TwoBeginningsAreTwoEntities()
    {
        var result = Interpret("Ann Ann", Model(), Sure(1, 0.9), Sure(1, 0.9));

        Assert.Equal([(0, 3), (4, 7)], result.Entities.Select(e => (e.StartPos, e.EndPos)));
    }

    [Fact]
    public void InsideWithoutABeginningBeginsAnEntity()
    {
        var result = Interpret("in Ann", Model(), Sure(0, 0.9), Sure(2, 0.9));

        Assert.Equal([("Ann", "PER")], result.Entities.Select(e => (e.Entity, e.ClassName)));
    }

    [Fact]
    public void InsideOfAnotherClassBeginsAnEntity()
    {
        var result = Interpret("Ann New", Model(), Sure(1, 0.9), Sure(4, 0.9));

        Assert.Equal(["PER", "LOC"], result.Entities.Select(e => e.ClassName));
    }

    [Fact]
    public void WordWithoutATagEndsAnEntity()
    {
        var result = Interpret("Ann in Ann", Model(), Sure(1, 0.9), Sure(0, 0.9), Sure(2, 0.9));

        Assert.Equal([(0, 3), (7, 10)], result.Entities.Select(e => (e.StartPos, e.EndPos)));
    }

    [Fact]
    public void PositionsAreThoseOfTheTextAsReceived()
    {
        var result = Interpret("😀 Ünder Ann", Model(Given.Bert(lower: true), "Ünder", "under"), Sure(3, 0.9), Sure(1, 0.9));

        Assert.Equal([("ünder", 3, 8), ("ann", 9, 12)], result.Entities.Select(e => (e.Entity, e.StartPos, e.EndPos)));
        Assert.Equal("😀 [Ünder](LOC&Ünder) [Ann](PER&Ann)", result.AnnotatedText);
    }

    [Fact]
    public void ProbabilitiesOfPiecesAreAveraged_BeforeTheBestTagIsChosen()
    {
        // First piece: O 0.6; second: LOC 0.99. The mean says LOC, the first piece alone would not.
        var result = Interpret("York", Model(), Logs(0.6, 0, 0, 0.4, 0), Logs(0.01, 0, 0, 0.99, 0));

        Assert.Equal([("York", "LOC", 0.695, 0, 4)], Rounded(result));
    }

    [Fact]
    public void AnnotationReplacesBlanksOnly()
    {
        var result = Interpret("New\tYork", Model(), Sure(3, 0.9), Sure(4, 0.9), Sure(4, 0.9));

        Assert.Equal("[New\tYork](LOC&New\tYork)", result.AnnotatedText);
    }

    [Fact]
    public void TextIsUnchangedAndEntitiesAreEmpty_WhenThereAreNone()
    {
        var result = Interpret("in [in](in)", Model(), [.. Enumerable.Repeat(Sure(0, 0.9), 7)]);

        Assert.Equal("in [in](in)", result.AnnotatedText);
        Assert.Empty(result.Entities);
    }

    [Fact]
    public void EmptyTextHasNoEntities()
    {
        Assert.Equal("", Interpret("", Model()).AnnotatedText);
    }

    [Fact]
    public void EntityBeginsAfterTheSpace_InBytePairs()
    {
        var vocabulary = new Nlp.Tokenization.Vocabulary(["<s>", "</s>", "<pad>", "<unk>", "<mask>", "i", "n", "\u0120", "A"]) { Merges = ["n n"] };
        var model = NlpModel.Create("model-1", new NerConfig(new(TokenizerKind.Roberta), null, Tags), vocabulary);

        // i n, then the space, A and n n, which is one unknown symbol.
        var result = Interpret("in Ann", model, Sure(0, 0.9), Sure(0, 0.9), Sure(1, 0.9), Sure(2, 0.9), Sure(1, 0.9));

        Assert.Equal([("Ann", "PER", 3, 6)], result.Entities.Select(e => (e.Entity, e.ClassName, e.StartPos, e.EndPos)));
    }

    [Fact]
    public void EveryPieceIsTaggedOnItsOwn_InUnigrams()
    {
        var vocabulary = Given.Unigrams(TokenizerKind.XlmRoberta, ("\u2581Ann", -1), ("a", -1));
        var model = NlpModel.Create("model-1", new NerConfig(new(TokenizerKind.XlmRoberta), null, Tags), vocabulary);

        var result = Interpret("Anna", model, Sure(1, 0.9), Sure(0, 0.9));

        Assert.Equal([("Ann", 0, 3)], result.Entities.Select(e => (e.Entity, e.StartPos, e.EndPos)));
    }

    [Fact]
    public void TruncatedTextKeepsItsEnd()
    {
        var result = Interpret("Ann lives in York", Model(Given.Bert(max: 4)), Sure(1, 0.9), Sure(0, 0.9));

        Assert.True(result.IsTruncated);
        Assert.Equal("[Ann](PER&Ann) lives in York", result.AnnotatedText);
    }

    [Fact]
    public void RowsAreReadFromTheFirst_WithoutSpecialTokens()
    {
        var task = Model(Given.Bert(special: false)).Bind(null);

        var result = Answer.To<NerResult>(task, "in Ann", (1, 2, 5), [.. Sure(0, 0.9), .. Sure(1, 0.9)]);

        Assert.Equal("in [Ann](PER&Ann)", result.AnnotatedText);
    }

    [Fact]
    public void MissingTagsCountAsZero_WhenTheModelHasFewer()
    {
        var result = Answer.To<NerResult>(Model().Bind(null), "Ann", (1, 3, 2), 9, 0, 0, 9, 9, 0);

        Assert.Equal("[Ann](PER&Ann)", result.AnnotatedText);
    }

    [Fact]
    public void ModelFails_WhenItHasMoreTags()
    {
        var error = Answer.Refused(Model().Bind(null), "Ann", (1, 3, 6), new float[18]);

        Assert.Equal(MlErrorKind.ModelFailed, error.Kind);
        Assert.Contains("[1, 3, 6]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[1, 3, 5]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    public void ModelFails_WhenItHasFewerRowsThanTokens(int batches, int rows)
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Model().Bind(null), "Ann", (batches, rows, 5), new float[5]).Kind);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NumbersThatAreNoneGiveAnAnswerStill(float value)
    {
        Assert.Empty(Interpret("Ann", Model(), [value, value, value, value, value]).Entities);
    }

    [Fact]
    public void LabelsAreTheDefault_WhenNoneAreConfigured()
    {
        var model = NlpModel.Create("model-1", new NerConfig(Given.Bert(), null, default), Given.Vocabulary("Ann"));

        var result = Answer.To<NerResult>(model.Bind(null), "Ann", (1, 3, 9), [.. new float[9], 0, 0, 0, 9, 0, 0, 0, 0, 0, .. new float[9]]);

        Assert.Equal("PER", Assert.Single(result.Entities).ClassName);
    }

    private static NlpModel Model(Models.Tokenization? settings = null, params string[] words) => NlpModel.Create(
        "model-1", new NerConfig(settings ?? Given.Bert(), null, Tags), Given.Vocabulary(["Ann", "lives", "in", "New", "Yo", "##rk", .. words]));

    /// <summary>Interprets one row of logits per token, between two for the frame that say person and must not count.</summary>
    private static NerResult Interpret(string text, NlpModel model, params float[][] tokens) => Answer.To<NerResult>(
        model.Bind(null), text, (1, tokens.Length + 2, 5), [.. Sure(1, 0.99), .. tokens.SelectMany(t => t), .. Sure(1, 0.99)]);

    private static float[] Sure(int tag, double probability) =>
        Logs([.. Enumerable.Range(0, 5).Select(i => i == tag ? probability : (1 - probability) / 4)]);

    private static float[] Logs(params double[] probabilities) => [.. probabilities.Select(p => (float)Math.Log(p))];

    private static IEnumerable<(string, string, double, int, int)> Rounded(NerResult result) =>
        result.Entities.Select(e => (e.Entity, e.ClassName, Math.Round(e.ClassProbability, 6), e.StartPos, e.EndPos));
}
