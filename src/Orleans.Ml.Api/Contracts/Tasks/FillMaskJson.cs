using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>The word that stands at a mask.</summary>
internal sealed class FillMaskJson : TaskJson
{
    public override string Name => FillMaskConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var (common, numTopClasses, mask) = ReadMembers(task, (members, member) => members.Read(member));
        var kind = common.Tokenization.Kind;
        if (mask is not null && mask != kind.MaskToken())
        {
            throw task.Caused(MlErrorKind.IllegalArgument,
                $"[mask_token] must be [{kind.MaskToken()}] for the tokenizer [{kind.ApiName()}], was [{Excerpt.Of(mask)}]");
        }

        return new FillMaskConfig(common.Tokenization, common.ResultsField, numTopClasses ?? FillMaskConfig.DefaultNumTopClasses);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var (common, numTopClasses, mask) = ReadMembers(task, (members, member) => members.ReadUpdate(member));
        return new FillMaskUpdate(common.TokenizationUpdate, common.ResultsField, numTopClasses, mask);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        var own = (FillMaskConfig)config;
        writer.WriteNumber("num_top_classes"u8, own.NumTopClasses);
        writer.WriteString("mask_token"u8, own.Tokenization.Kind.MaskToken());
    }

    private (CommonTaskMembers Common, int? NumTopClasses, string? Mask) ReadMembers(JsonMember task, Action<CommonTaskMembers, JsonMember> readCommon)
    {
        var common = new CommonTaskMembers();
        int? numTopClasses = null;
        string? mask = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "num_top_classes")
                numTopClasses = member.Int32();
            else if (member.Name == "mask_token")
                mask = member.String();
            else
                readCommon(common, member);
        }

        common.ForbidSpan(Name);
        return (common, numTopClasses, mask);
    }
}
