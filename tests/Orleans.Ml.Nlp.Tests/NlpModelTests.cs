using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tests;

public sealed class NlpModelTests
{
    private static readonly Nlp.Tokenization.Vocabulary Words = new(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "a", "b"]);

    [Fact]
    public void ModelSaysWhatAWarmUpNeeds()
    {
        var model = Given.Embedding(Words, Given.Bert(max: 128));

        Assert.Equal((4, 1L, 128), (model.Arguments, model.PadTokenId, model.MaxLength));
    }

    [Fact]
    public void StoredTaskIsTheSameEachTime_WithoutAnUpdate()
    {
        var model = Given.Embedding(Words);

        Assert.Same(model.Bind(null), model.Bind(null));
    }

    [Fact]
    public void UpdateOfAnotherTaskIsForbidden_NamingModelAndBothTasks()
    {
        var error = Assert.Throws<MlException>(() => Given.Embedding(Words).Bind(new NerUpdate(null, null)));

        Assert.Equal(MlErrorKind.Forbidden, error.Kind);
        Assert.All(["[model-1]", "[text_embedding]", "[ner]"], mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ResultsFieldIsTheStoredOne_UntilOverridden()
    {
        var model = NlpModel.Create("model-1", new TextEmbeddingConfig(Given.Bert(), "stored", null), Words);

        Assert.Equal("stored", model.Bind(null).ResultsField);
        Assert.Equal("stored", model.Bind(new TextEmbeddingUpdate(null, null)).ResultsField);
        Assert.Equal("given", model.Bind(new TextEmbeddingUpdate(null, "given")).ResultsField);
    }

    [Fact]
    public void TokenizationIsOverriddenForTheRequestOnly()
    {
        var model = Given.Embedding(Words, Given.Bert(max: 3));
        var bound = model.Bind(new TextEmbeddingUpdate(Given.Update(Truncate.None), null));

        Assert.Throws<MlException>(() => bound.Prepare("a b"));
        Assert.True(model.Bind(null).Prepare("a b").Input.IsTruncated);
    }

    [Fact]
    public void EachTaskTakesItsOwnUpdate()
    {
        (InferenceConfig Config, InferenceUpdate Update)[] tasks =
        [
            (new NerConfig(Given.Bert(), null, []), new NerUpdate(null, "given")),
            (new TextEmbeddingConfig(Given.Bert(), null, null), new TextEmbeddingUpdate(null, "given")),
            (new TextClassificationConfig(Given.Bert(), null, ["a", "b"], 0), new TextClassificationUpdate(null, "given", null, null)),
            (new PassThroughConfig(Given.Bert(), null), new PassThroughUpdate(null, "given")),
            (new FillMaskConfig(Given.Bert(), null, 0), new FillMaskUpdate(null, "given", null, null)),
            (new QuestionAnsweringConfig(Given.Bert(), null, 0, 15), new QuestionAnsweringUpdate(null, "given", "?", null, null)),
            (new ZeroShotClassificationConfig(Given.Bert(), null, ["entailment", "neutral", "contradiction"], "{}", false, null),
                new ZeroShotClassificationUpdate(null, "given", null, null)),
            (new TextExpansionConfig(Given.Bert(), null, ExpansionType.Elser), new TextExpansionUpdate(null, "given", null)),
            (new TextSimilarityConfig(Given.Bert(), null, SpanScoreCombination.Max), new TextSimilarityUpdate(null, "given", "a", null)),
        ];

        Assert.All(tasks, task => Assert.Equal("given", NlpModel.Create("model-1", task.Config, Words).Bind(task.Update).ResultsField));
    }

    [Fact]
    public void StoredSpanIsRefused_WhereTheTaskHasNoWindows()
    {
        var error = Assert.Throws<MlException>(() => Given.Embedding(Words, Given.Bert(truncate: Truncate.None, span: 5)));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
    }

    [Fact]
    public void PreparingAllocatesNothingPerToken()
    {
        var task = Given.PassThrough(Words).Bind(null);
        var text = string.Concat(Enumerable.Repeat("a b é ", 60));
        var input = task.Prepare(text).Input;

        var allocated = Allocated.Least(() => task.Prepare(text));

        Assert.InRange(allocated, 0, (input.Values.Length * sizeof(long)) + 256);
    }
}
