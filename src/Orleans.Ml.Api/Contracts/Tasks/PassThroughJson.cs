using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>The model's own numbers, untouched.</summary>
internal sealed class PassThroughJson : TaskJson
{
    public override string Name => PassThroughConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        foreach (var member in task.Members())
            common.Read(member);
        return new PassThroughConfig(common.Tokenization, common.ResultsField);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        foreach (var member in task.Members())
            common.ReadUpdate(member);
        return new PassThroughUpdate(common.TokenizationUpdate, common.ResultsField);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        // It has none.
    }
}
