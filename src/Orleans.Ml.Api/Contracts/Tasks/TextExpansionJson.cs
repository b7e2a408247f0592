using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>Text expansion.</summary>
internal sealed class TextExpansionJson : TaskJson
{
    private const string TypeNames = "elser, splade";

    public override string Name => TextExpansionConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        var type = ExpansionType.Elser;
        foreach (var member in task.Members())
        {
            if (member.Name == "expansion_type")
                type = member.Token(ParseType, TypeNames);
            else
                common.Read(member);
        }

        return new TextExpansionConfig(common.Tokenization, common.ResultsField, type);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        ExpansionType? type = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "expansion_type")
                type = member.Token(ParseType, TypeNames);
            else
                common.ReadUpdate(member);
        }

        return new TextExpansionUpdate(common.TokenizationUpdate, common.ResultsField, type);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config) =>
        writer.WriteString("expansion_type"u8, ((TextExpansionConfig)config).ExpansionType == ExpansionType.Splade ? "splade"u8 : "elser"u8);

    private static ExpansionType? ParseType(string name) => name.ToLowerInvariant() switch
    {
        "elser" => ExpansionType.Elser,
        "splade" => ExpansionType.Splade,
        _ => null,
    };
}
