using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>How near a text is to another.</summary>
internal sealed class TextSimilarityJson : TaskJson
{
    private const string CombinationNames = "max, mean";

    public override string Name => TextSimilarityConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        var combination = SpanScoreCombination.Max;
        foreach (var member in task.Members())
        {
            if (member.Name == "span_score_combination_function")
                combination = member.Token(ParseCombination, CombinationNames);
            else
                common.Read(member);
        }

        return new TextSimilarityConfig(common.Tokenization, common.ResultsField, combination);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        string? text = null;
        SpanScoreCombination? combination = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "text")
                text = member.IsNull ? null : member.String();
            else if (member.Name == "span_score_combination_function")
                combination = member.Token(ParseCombination, CombinationNames);
            else
                common.ReadUpdate(member);
        }

        return text is null ? throw new MlException(MlErrorKind.IllegalArgument, "[text] must not be null")
            : new TextSimilarityUpdate(common.TokenizationUpdate, common.ResultsField, text, combination);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config) =>
        writer.WriteString("span_score_combination_function"u8,
            ((TextSimilarityConfig)config).SpanScoreCombination == SpanScoreCombination.Mean ? "mean"u8 : "max"u8);

    private static SpanScoreCombination? ParseCombination(string name) => name.ToLowerInvariant() switch
    {
        "max" => SpanScoreCombination.Max,
        "mean" => SpanScoreCombination.Mean,
        _ => null,
    };
}
