using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>Text classification.</summary>
internal sealed class TextClassificationJson : TaskJson
{
    // What Elasticsearch stores for a model created over HTTP that does not say.
    private const int DefaultNumTopClasses = 0;

    public override string Name => TextClassificationConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        var labels = ImmutableArray<string>.Empty;
        var numTopClasses = DefaultNumTopClasses;
        foreach (var member in task.Members())
        {
            if (member.Name == "classification_labels")
                labels = member.Strings();
            else if (member.Name == "num_top_classes")
                numTopClasses = member.Int32();
            else
                common.Read(member);
        }

        if (labels.Length < 2)
            throw task.Caused(MlErrorKind.IllegalArgument,
                $"[classification_labels] must hold at least 2 labels for [{Name}], has [{labels.Length}]");
        return new TextClassificationConfig(common.Tokenization, common.ResultsField, labels, numTopClasses);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        ImmutableArray<string>? labels = null;
        int? numTopClasses = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "classification_labels")
                labels = member.Strings();
            else if (member.Name == "num_top_classes")
                numTopClasses = member.Int32();
            else
                common.ReadUpdate(member);
        }

        return new TextClassificationUpdate(common.TokenizationUpdate, common.ResultsField, labels, numTopClasses);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        var own = (TextClassificationConfig)config;
        InferenceConfigJson.WriteLabels(writer, own.ClassificationLabels);
        writer.WriteNumber("num_top_classes"u8, own.NumTopClasses);
    }
}
