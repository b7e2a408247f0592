using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;
using Orleans.Ml.Nlp.Tokenization.Japanese;

namespace Orleans.Ml.Nlp.Tests.Tokenization.Japanese;

/// <summary>Rows of models with the tokenizer <c>bert_ja</c>: those of BERT.</summary>
public sealed class JapaneseModelTests
{
    private static readonly Vocabulary Words = Given.Vocabulary("日本語", "で", "東京", "は", "です", "。", "大阪");

    private const int Cls = 2;
    private const int Sep = 3;
    private const int Mask = 4;

    [Fact]
    public void ARowHasFourArguments()
    {
        var input = Prepare(new TextEmbeddingConfig(Settings(), null, null), "日本語です。");

        Assert.Equal(4, input.Arguments);
        Assert.Equal([Cls, 5, 9, 10, Sep], input.Argument(0).ToArray());
        Assert.Equal([1, 1, 1, 1, 1], input.Argument(1).ToArray());
        Assert.Equal([0, 0, 0, 0, 0], input.Argument(2).ToArray());
        Assert.Equal([0, 1, 2, 3, 4], input.Argument(3).ToArray());
    }

    [Fact]
    public void TheSecondTextOfAPairHasTokenTypeOne()
    {
        var model = NlpModel.Create("model-1", new TextSimilarityConfig(Settings(), null, SpanScoreCombination.Max), Words);

        var input = model.Bind(new TextSimilarityUpdate(null, null, "東京は", null)).Prepare("大阪です").Input;

        Assert.Equal([Cls, 7, 8, Sep, 11, 9, Sep], input.Argument(0).ToArray());
        Assert.Equal([0, 0, 0, 0, 1, 1, 1], input.Argument(2).ToArray());
    }

    [Fact]
    public void ALongTextIsCut()
    {
        var input = Prepare(new TextEmbeddingConfig(Settings(max: 5), null, null), "東京は日本語です。");

        Assert.Equal([Cls, 7, 8, 5, Sep], input.Argument(0).ToArray());
        Assert.True(input.IsTruncated);
    }

    [Fact]
    public void ALongTextIsRefused_WhenTheRequestSaysSo()
    {
        var model = NlpModel.Create("model-1", new TextEmbeddingConfig(Settings(max: 5), null, null), Words);
        var task = model.Bind(new TextEmbeddingUpdate(new(TokenizerKind.BertJapanese, Truncate.None, null), null));

        var error = Assert.Throws<MlException>(() => task.Prepare("東京は日本語です。"));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[7]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WindowsOverlap_WhenThereIsASpan()
    {
        var config = new TextClassificationConfig(Settings(max: 6, truncate: Truncate.None, span: 2), null, ["a", "b"], 0);

        var input = Prepare(config, "東京は日本語です。大阪です。");

        Assert.Equal([Cls, 7, 8, 5, 9, Sep], Given.Row(input, 0));
        Assert.Equal([Cls, 5, 9, 10, 11, Sep], Given.Row(input, 1));
        Assert.Equal([Cls, 10, 11, 9, 10, Sep], Given.Row(input, 2));
        Assert.Equal(3, input.Rows);
    }

    [Fact]
    public void AnotherTokenizersUpdateIsRefused()
    {
        var model = NlpModel.Create("model-1", new TextEmbeddingConfig(Settings(), null, null), Words);

        var error = Assert.Throws<MlException>(() => model.Bind(new TextEmbeddingUpdate(Given.Update(Truncate.None), null)));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[bert_ja]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheMaskIsFilledIn()
    {
        var task = NlpModel.Create("model-1", new FillMaskConfig(Settings(), null, 1), Words).Bind(null);
        var prepared = task.Prepare("[MASK]は日本語です。");
        Assert.Equal([Cls, Mask, 8, 5, 9, 10, Sep], prepared.Input.Argument(0).ToArray());
        var values = new float[prepared.Input.Length * Words.Tokens.Length];
        values[Words.Tokens.Length + 7] = 9;

        var result = Assert.IsType<FillMaskResult>(task.Interpret(prepared, new(values, 1, prepared.Input.Length, Words.Tokens.Length)));

        Assert.Equal(("東京", "東京は日本語です。"), (result.PredictedValue, result.PredictedSequence));
    }

    [Fact]
    public void EntitiesAreWordsOfTheText()
    {
        var task = NlpModel.Create("model-1", new NerConfig(Settings(), null, ["O", "B-LOC"]), Words).Bind(null);
        var prepared = task.Prepare("は東京です");
        // [CLS] は 東京 です [SEP]
        float[] values = [9, 0, 9, 0, 0, 9, 9, 0, 9, 0];

        var result = Assert.IsType<NerResult>(task.Interpret(prepared, new(values, 1, 5, 2)));

        var entity = Assert.Single(result.Entities);
        Assert.Equal(("東京", 1, 3), (entity.Entity, entity.StartPos, entity.EndPos));
    }

    [Fact]
    public void TheModelIsRefused_WhenTheDictionaryIsNotThere()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-ml-dictionary-").FullName;
        try
        {
            var error = Assert.Throws<MlException>(() => Create(new() { JapaneseDictionary = folder }));

            Assert.Equal(MlErrorKind.ModelFailed, error.Kind);
            Assert.All(["[model-1]", "bert_ja", "libmecab2", "mecab-ipadic-utf8", "--japanese-dictionary"], m => Assert.Contains(m, error.Message, StringComparison.Ordinal));
            Assert.DoesNotContain("/", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void TheModelIsTaken_WhenTheDictionaryHasComeMeanwhile()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-ml-dictionary-").FullName;
        try
        {
            Assert.Throws<MlException>(() => Create(new() { JapaneseDictionary = folder }));
            foreach (var file in Directory.GetFiles(MecabDictionary.DefaultDirectory))
                File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);

            var prepared = Create(new() { JapaneseDictionary = folder }).Bind(null).Prepare("東京は");

            Assert.Equal([Cls, 7, 8, Sep], prepared.Input.Argument(0).ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void TheModelIsRefused_WhenTheDictionaryIsNoDictionary()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-ml-dictionary-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "sys.dic"), "no dictionary");
            File.WriteAllText(Path.Combine(folder, "dicrc"), "");

            var error = Assert.Throws<MlException>(() => Create(new() { JapaneseDictionary = folder }));

            Assert.Contains("cannot be read", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void TheModelIsRefused_WhenTheDictionaryIsInAnotherEncoding()
    {
        // Debian's mecab-ipadic, which mecab-ipadic-utf8 is made of.
        var error = Assert.Throws<MlException>(() => Create(new() { JapaneseDictionary = "/var/lib/mecab/dic/ipadic" }));

        Assert.Contains("[EUC-JP]", error.Message, StringComparison.Ordinal);
    }

    private static NlpModel Create(NlpOptions options) => NlpModel.Create("model-1", new TextEmbeddingConfig(Settings(), null, null), Words, options);

    private static ModelInput Prepare(InferenceConfig config, string text) => NlpModel.Create("model-1", config, Words).Bind(null).Prepare(text).Input;

    private static Models.Tokenization Settings(int max = 512, Truncate truncate = Truncate.First, int span = -1) =>
        new(TokenizerKind.BertJapanese, MaxSequenceLength: max, Truncate: truncate, Span: span);
}
