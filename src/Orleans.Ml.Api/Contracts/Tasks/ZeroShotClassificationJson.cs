using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>Classification by labels that the model was not trained with.</summary>
internal sealed class ZeroShotClassificationJson : TaskJson
{
    private const string NoLabels = "[labels] must not be empty";

    private static readonly string[] Classes =
        [ZeroShotClassificationConfig.Entailment, ZeroShotClassificationConfig.Neutral, ZeroShotClassificationConfig.Contradiction];

    public override string Name => ZeroShotClassificationConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        ImmutableArray<string> classes = [];
        ImmutableArray<string>? labels = null;
        var template = ZeroShotClassificationConfig.DefaultHypothesisTemplate;
        var multiLabel = false;
        foreach (var member in task.Members())
        {
            switch (member.Name)
            {
                case "classification_labels":
                    classes = member.Strings();
                    break;
                case "hypothesis_template":
                    template = member.String();
                    break;
                case "multi_label":
                    multiLabel = member.Boolean();
                    break;
                case "labels":
                    labels = member.Strings();
                    break;
                default:
                    common.Read(member);
                    break;
            }
        }

        common.ForbidSpan(Name);
        if (classes.Length != Classes.Length || Classes.Except(classes, StringComparer.OrdinalIgnoreCase).Any())
        {
            throw task.Caused(MlErrorKind.IllegalArgument,
                $"[classification_labels] must be exactly [{string.Join(", ", Classes)}] in any order, was [{Excerpt.Of(string.Join(", ", classes))}]");
        }

        return labels is { IsEmpty: true } ? throw task.Caused(MlErrorKind.IllegalArgument, NoLabels)
            : new ZeroShotClassificationConfig(common.Tokenization, common.ResultsField, classes, template, multiLabel, labels);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        ImmutableArray<string>? labels = null;
        bool? multiLabel = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "labels")
                labels = member.Strings();
            else if (member.Name == "multi_label")
                multiLabel = member.Boolean();
            else
                common.ReadUpdate(member);
        }

        common.ForbidSpan(Name);
        return labels is { IsEmpty: true } ? throw new MlException(MlErrorKind.IllegalArgument, NoLabels)
            : new ZeroShotClassificationUpdate(common.TokenizationUpdate, common.ResultsField, labels, multiLabel);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        var own = (ZeroShotClassificationConfig)config;
        InferenceConfigJson.WriteLabels(writer, own.ClassificationLabels);
        writer.WriteString("hypothesis_template"u8, own.HypothesisTemplate);
        writer.WriteBoolean("multi_label"u8, own.MultiLabel);
        if (own.Labels is not { } labels)
            return;
        writer.WriteStartArray("labels"u8);
        foreach (var label in labels)
            writer.WriteStringValue(label);
        writer.WriteEndArray();
    }
}
