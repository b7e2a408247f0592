using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Api.Tests.Contracts;

/// <summary>Results as the worked examples of the reference show them (models-nlp-ingest-security.md §2.3, §3.4 to §3.9).</summary>
public sealed class InferenceResultJsonTests
{
    public static TheoryData<InferenceResult, string> Results => new()
    {
        {
            new FillMaskResult("lyon", 0.6652409557748218, "capital is lyon.", [new("lyon", 0.6652409557748218)], false),
            """{"predicted_value":"lyon","top_classes":[{"class_name":"lyon","class_probability":0.6652409557748218,"class_score":0.6652409557748218}],"prediction_probability":0.6652409557748218,"predicted_value_sequence":"capital is lyon."}"""
        },
        { new FillMaskResult("a", 0.5, "a b", [], true), """{"predicted_value":"a","prediction_probability":0.5,"predicted_value_sequence":"a b","is_truncated":true}""" },
        {
            new QuestionAnsweringResult(new("red green", 0, 9, 0.618808596522527), [], false),
            """{"predicted_value":"red green","start_offset":0,"end_offset":9,"prediction_probability":0.618808596522527}"""
        },
        {
            new QuestionAnsweringResult(new("red", 0, 3, 0.5), [new("red", 0, 3, 0.5), new("green", 4, 9, 0.25)], false),
            """{"predicted_value":"red","start_offset":0,"end_offset":3,"top_classes":[{"answer":"red","start_offset":0,"end_offset":3,"score":0.5},{"answer":"green","start_offset":4,"end_offset":9,"score":0.25}],"prediction_probability":0.5}"""
        },
        { new TextExpansionResult([new("b__c", 1.25f), new("a", 0.1f)], false), """{"predicted_value":{"b__c":1.25,"a":0.1}}""" },
        { new TextExpansionResult([], true), """{"predicted_value":{},"is_truncated":true}""" },
        { new TextSimilarityResult(0.4f, false), """{"predicted_value":0.4000000059604645}""" },
        { new TextSimilarityResult(double.NaN, false), """{"predicted_value":null}""" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void ResultHasTheReferencesMembersInItsOrder(InferenceResult result, string expected)
    {
        Assert.Equal(expected, Golden.Write(writer => InferenceResultJson.WriteSingle(writer, InferenceReply.Ok([result], null))));
    }

    [Fact]
    public void SequenceOfAFilledMaskFollowsTheResultsField()
    {
        var reply = InferenceReply.Ok([new FillMaskResult("a", 0.5, "a b", [], false)], "word");

        Assert.Equal(
            """{"word":"a","prediction_probability":0.5,"word_sequence":"a b"}""", Golden.Write(writer => InferenceResultJson.WriteSingle(writer, reply)));
    }
}
