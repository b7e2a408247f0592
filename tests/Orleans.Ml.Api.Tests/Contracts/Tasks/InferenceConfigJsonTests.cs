using System.Text.Json;
using Orleans.Ml.Api.Contracts.Tasks;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Contracts.Tasks;

/// <summary>Configurations and overrides of tasks and tokenizers (models-nlp-ingest-security.md §2.4, §3.0).</summary>
public sealed class InferenceConfigJsonTests
{
    private const string Bert =
        "\"tokenization\":{\"bert\":{\"do_lower_case\":false,\"with_special_tokens\":true,\"max_sequence_length\":512,\"truncate\":\"first\",\"span\":-1}}";

    [Theory]
    [InlineData("""{"fill_mask":{}}""", "\"num_top_classes\":5,\"mask_token\":\"[MASK]\"")]
    [InlineData("""{"fill_mask":{"num_top_classes":-1,"mask_token":"[MASK]","results_field":"word"}}""", "\"num_top_classes\":-1,\"mask_token\":\"[MASK]\",\"results_field\":\"word\"")]
    [InlineData("""{"question_answering":{}}""", "\"num_top_classes\":0,\"max_answer_length\":15")]
    [InlineData("""{"question_answering":{"num_top_classes":3,"max_answer_length":1}}""", "\"num_top_classes\":3,\"max_answer_length\":1")]
    [InlineData(
        """{"zero_shot_classification":{"classification_labels":["Contradiction","neutral","ENTAILMENT"]}}""",
        "\"classification_labels\":[\"Contradiction\",\"neutral\",\"ENTAILMENT\"],\"hypothesis_template\":\"This example is {}.\",\"multi_label\":false")]
    [InlineData(
        """{"zero_shot_classification":{"classification_labels":["entailment","neutral","contradiction"],"hypothesis_template":"{}!","multi_label":true,"labels":["a"]}}""",
        "\"classification_labels\":[\"entailment\",\"neutral\",\"contradiction\"],\"hypothesis_template\":\"{}!\",\"multi_label\":true,\"labels\":[\"a\"]")]
    [InlineData("""{"text_expansion":{}}""", "\"expansion_type\":\"elser\"")]
    [InlineData("""{"text_expansion":{"expansion_type":"SPLADE"}}""", "\"expansion_type\":\"splade\"")]
    [InlineData("""{"text_similarity":{}}""", "\"span_score_combination_function\":\"max\"")]
    [InlineData("""{"text_similarity":{"span_score_combination_function":"Mean"}}""", "\"span_score_combination_function\":\"mean\"")]
    public void ConfigurationIsShownWithAllDefaults(string config, string expectedMembers)
    {
        var task = config[2..config.IndexOf('"', 2)];

        Assert.Equal(
            "{\"inference_config\":{\"" + task + "\":{\"vocabulary\":{\"index\":\".ml-inference-native-000002\"}," + Bert + "," + expectedMembers + "}}}",
            Show(config));
    }

    [Theory]
    [InlineData("bert_ja", "")]
    [InlineData("mpnet", "")]
    [InlineData("roberta", ",\"add_prefix_space\":false")]
    [InlineData("xlm_roberta", "")]
    [InlineData("deberta_v2", "")]
    public void TokenizerIsShownWithAllDefaults(string tokenizer, string more)
    {
        Assert.Contains(
            "{\"" + tokenizer + "\":{\"do_lower_case\":false,\"with_special_tokens\":true,\"max_sequence_length\":512,\"truncate\":\"first\",\"span\":-1" + more + "}}",
            Show("{\"pass_through\":{\"tokenization\":{\"" + tokenizer + "\":{}}}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void PrefixSpaceIsKept()
    {
        Assert.True(Read("""{"ner":{"tokenization":{"roberta":{"add_prefix_space":true}}}}""").Tokenization.AddPrefixSpace);
    }

    [Theory]
    [InlineData("""{"fill_mask":{"mask_token":"<mask>"}}""", "<mask>")]
    [InlineData("""{"fill_mask":{"mask_token":"[MASK]","tokenization":{"roberta":{}}}}""", "<mask>")]
    [InlineData("""{"question_answering":{"num_top_classes":-1}}""", "num_top_classes")]
    [InlineData("""{"question_answering":{"max_answer_length":0}}""", "max_answer_length")]
    [InlineData("""{"zero_shot_classification":{}}""", "classification_labels")]
    [InlineData("""{"zero_shot_classification":{"classification_labels":["entailment","neutral"]}}""", "neutral, contradiction")]
    [InlineData("""{"zero_shot_classification":{"classification_labels":["entailment","neutral","other"]}}""", "other")]
    [InlineData("""{"zero_shot_classification":{"classification_labels":["entailment","entailment","neutral"]}}""", "contradiction")]
    [InlineData("""{"zero_shot_classification":{"classification_labels":["entailment","neutral","contradiction"],"labels":[]}}""", "[labels]")]
    [InlineData("""{"text_expansion":{"expansion_type":"bm25"}}""", "bm25")]
    [InlineData("""{"text_similarity":{"span_score_combination_function":"min"}}""", "min")]
    [InlineData("""{"ner":{"tokenization":{"roberta":{"do_lower_case":true}}}}""", "do_lower_case")]
    [InlineData("""{"ner":{"tokenization":{"xlm_roberta":{"do_lower_case":true}}}}""", "xlm_roberta")]
    public void ConfigurationIsRefusedWithTheCause_WhenAValueIsWrong(string config, string named)
    {
        var error = Assert.Throws<MlException>(() => Read(config));

        Assert.Equal(MlErrorKind.ContentParse, error.Kind);
        Assert.Equal(MlErrorKind.IllegalArgument, Assert.IsType<MlException>(error.InnerException).Kind);
        Assert.Contains(named, error.InnerException.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fill_mask", "")]
    [InlineData("zero_shot_classification", ",\"classification_labels\":[\"entailment\",\"neutral\",\"contradiction\"]")]
    public void WindowsAreRefused_WhereTheTaskHasNone(string task, string more)
    {
        var error = Assert.Throws<MlException>(() =>
            Read("{\"" + task + "\":{\"tokenization\":{\"bert\":{\"truncate\":\"none\",\"span\":8}}" + more + "}}"));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
        Assert.Contains("[8]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("question_answering")]
    [InlineData("text_similarity")]
    [InlineData("text_expansion")]
    public void WindowsAreTaken_WhereTheTaskHasThem(string task)
    {
        Assert.Equal(8, Read("{\"" + task + "\":{\"tokenization\":{\"bert\":{\"truncate\":\"none\",\"span\":8}}}}").Tokenization.Span);
    }

    [Theory]
    [InlineData("""{"question_answering":{"question":"who?"}}""", "question")]
    [InlineData("""{"text_similarity":{"text":"x"}}""", "text")]
    [InlineData("""{"ner":{"tokenization":{"bert":{"add_prefix_space":true}}}}""", "add_prefix_space")]
    [InlineData("""{"fill_mask":{"vocabulary":{}}}""", "vocabulary")]
    [InlineData("""{"ner":{"tokenization":{"oops":{}}}}""", "oops")]
    public void MemberIsUnknownAtCreation(string config, string named)
    {
        var error = Assert.Throws<MlException>(() => Read(config));

        Assert.Equal(MlErrorKind.ContentParse, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, InferenceUpdate> Updates => new()
    {
        { """{"fill_mask":{"num_top_classes":3,"mask_token":"<mask>"}}""", new FillMaskUpdate(null, null, 3, "<mask>") },
        { """{"question_answering":{"question":"who?"}}""", new QuestionAnsweringUpdate(null, null, "who?", null, null) },
        {
            """{"question_answering":{"question":"","num_top_classes":2,"max_answer_length":9,"tokenization":{"roberta":{"span":4}}}}""",
            new QuestionAnsweringUpdate(new(TokenizerKind.Roberta, null, 4), null, "", 2, 9)
        },
        { """{"zero_shot_classification":{"multi_label":true}}""", new ZeroShotClassificationUpdate(null, null, null, true) },
        { """{"text_expansion":{"expansion_type":"splade","results_field":"w"}}""", new TextExpansionUpdate(null, "w", ExpansionType.Splade) },
        {
            """{"text_similarity":{"text":"x","span_score_combination_function":"mean"}}""",
            new TextSimilarityUpdate(null, null, "x", SpanScoreCombination.Mean)
        },
        { """{"ner":{"tokenization":{"deberta_v2":{"truncate":"second"}}}}""", new NerUpdate(new(TokenizerKind.DebertaV2, Truncate.Second, null), null) },
    };

    [Theory]
    [MemberData(nameof(Updates))]
    public void OverridesAreRead(string update, InferenceUpdate expected)
    {
        Assert.Equal(expected, ReadUpdate(update));
    }

    [Fact]
    public void LabelsOfTheRequestAreRead()
    {
        var update = Assert.IsType<ZeroShotClassificationUpdate>(ReadUpdate("""{"zero_shot_classification":{"labels":["a","b"]}}"""));

        Assert.Equal(["a", "b"], update.Labels!.Value);
    }

    [Theory]
    [InlineData("""{"question_answering":{}}""", "question")]
    [InlineData("""{"question_answering":{"question":null}}""", "question")]
    [InlineData("""{"question_answering":{"question":"?","num_top_classes":-1}}""", "num_top_classes")]
    [InlineData("""{"question_answering":{"question":"?","max_answer_length":0}}""", "max_answer_length")]
    [InlineData("""{"text_similarity":{}}""", "text")]
    [InlineData("""{"text_similarity":{"text":null}}""", "text")]
    [InlineData("""{"zero_shot_classification":{"labels":[]}}""", "labels")]
    [InlineData("""{"zero_shot_classification":{"tokenization":{"bert":{"truncate":"none","span":4}}}}""", "[4]")]
    [InlineData("""{"fill_mask":{"tokenization":{"bert":{"truncate":"none","span":4}}}}""", "[4]")]
    public void OverrideIsAnIllegalArgument_WhenAValueIsMissingOrWrong(string update, string named)
    {
        var error = Assert.Throws<MlException>(() => ReadUpdate(update));

        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"zero_shot_classification":{"hypothesis_template":"{}"}}""", "hypothesis_template")]
    [InlineData("""{"zero_shot_classification":{"classification_labels":[]}}""", "classification_labels")]
    [InlineData("""{"text_embedding":{"embedding_size":4}}""", "embedding_size")]
    [InlineData("""{"fill_mask":{"tokenization":{"bert":{"max_sequence_length":4}}}}""", "max_sequence_length")]
    [InlineData("""{"question_answering":{"question":5}}""", "question")]
    public void OverrideOfAnythingElseIsRefused(string update, string named)
    {
        var error = Assert.Throws<MlException>(() => ReadUpdate(update));

        Assert.Equal(MlErrorKind.ContentParse, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private static InferenceConfig Read(string json) => InferenceConfigJson.Read(new("test", "inference_config", JsonElement.Parse(json)));

    private static InferenceUpdate ReadUpdate(string json) => InferenceConfigJson.ReadUpdate(new("test", "inference_config", JsonElement.Parse(json)));

    private static string Show(string json) => Golden.Write(writer =>
    {
        writer.WriteStartObject();
        InferenceConfigJson.Write(writer, Read(json));
        writer.WriteEndObject();
    });
}
