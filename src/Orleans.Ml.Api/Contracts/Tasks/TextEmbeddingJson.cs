using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>Text embedding.</summary>
internal sealed class TextEmbeddingJson : TaskJson
{
    public override string Name => TextEmbeddingConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        int? embeddingSize = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "embedding_size")
                embeddingSize = member.Int32();
            else
                common.Read(member);
        }

        common.ForbidSpan(Name);
        return embeddingSize is <= 0
            ? throw task.Caused(MlErrorKind.IllegalArgument, $"[embedding_size] must be positive, was [{embeddingSize}]")
            : new TextEmbeddingConfig(common.Tokenization, common.ResultsField, embeddingSize);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        foreach (var member in task.Members())
            common.ReadUpdate(member);
        common.ForbidSpan(Name);
        return new TextEmbeddingUpdate(common.TokenizationUpdate, common.ResultsField);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        if (((TextEmbeddingConfig)config).EmbeddingSize is { } size)
            writer.WriteNumber("embedding_size"u8, size);
    }
}
