using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class TextExpansionTaskTests
{
    // Ids 0 to 4 are special tokens.
    private static readonly float[] Special = new float[5];

    [Fact]
    public void WorkedExampleComesOut()
    {
        var result = Answer.To<TextExpansionResult>(Task("a", "b.c", "d"), "a", (1, 1, 8), [.. Special, 0.5f, 1.25f, -0.1f]);

        Assert.Equal([new("b__c", 1.25f), new("a", 0.5f)], result.Tokens);
        Assert.False(result.IsTruncated);
    }

    [Fact]
    public void EveryDotBecomesTwoUnderscores_AndTheGreaterOfCollidingTokensStays()
    {
        var result = Answer.To<TextExpansionResult>(Task("a.b", "a__b", ".."), "a", (1, 1, 8), [.. Special, 1, 3, 2]);

        Assert.Equal([new("a__b", 3), new("____", 2)], result.Tokens);
    }

    [Fact]
    public void EqualWeightsKeepTheVocabularysOrder()
    {
        var result = Answer.To<TextExpansionResult>(Task("c", "b", "a"), "a", (1, 1, 8), [.. Special, 1, 1, 1]);

        Assert.Equal(["c", "b", "a"], result.Tokens.Select(t => t.Token));
    }

    [Fact]
    public void OnlyTheFirstRowCounts_ForElser()
    {
        var result = Answer.To<TextExpansionResult>(Task("a"), "a", (1, 3, 6), [.. Special, 1, .. Special, 2, .. Special, 3]);

        Assert.Equal([new("a", 1)], result.Tokens);
    }

    [Fact]
    public void GreatestOfAllRowsCounts_AsItsLogarithm_ForSplade()
    {
        var task = Model(ExpansionType.Splade, "a", "b").Bind(null);

        var result = Answer.To<TextExpansionResult>(task, "a", (1, 3, 7), [.. Special, 1, -1, .. Special, 3, -2, .. Special, 2, 0]);

        Assert.Equal([new("a", MathF.Log(4))], result.Tokens);
    }

    [Fact]
    public void TypeIsOverridden()
    {
        var task = Model(ExpansionType.Elser, "a").Bind(new TextExpansionUpdate(null, "weights", ExpansionType.Splade));

        Assert.Equal("weights", task.ResultsField);
        Assert.Equal([new("a", MathF.Log(2))], Answer.To<TextExpansionResult>(task, "a", (1, 1, 6), [.. Special, 1]).Tokens);
    }

    [Fact]
    public void ValuesBeyondTheVocabularyAreLeftOut()
    {
        Assert.Empty(Answer.To<TextExpansionResult>(Task("a"), "a", (1, 1, 8), [.. Special, 0, 5, 5]).Tokens);
    }

    [Fact]
    public void NumbersThatAreNoneAreLeftOut()
    {
        Assert.Empty(Answer.To<TextExpansionResult>(Task("a"), "a", (1, 1, 6), [.. Special, float.NaN]).Tokens);
    }

    [Fact]
    public void ModelFails_WhenItGivesNothing()
    {
        Assert.Equal(MlErrorKind.ModelFailed, Answer.Refused(Task("a"), "a", (0, 0, 6)).Kind);
    }

    private static NlpTask Task(params string[] words) => Model(ExpansionType.Elser, words).Bind(null);

    private static NlpModel Model(ExpansionType type, params string[] words) =>
        NlpModel.Create("model-1", new TextExpansionConfig(Given.Bert(), null, type), Given.Vocabulary(words));
}
