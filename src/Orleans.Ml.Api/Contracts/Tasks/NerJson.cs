using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>Named entity recognition.</summary>
internal sealed class NerJson : TaskJson
{
    private static readonly string[] Prefixes = ["I-", "B-", "I_", "B_", "O"];

    public override string Name => NerConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        var labels = NerConfig.DefaultLabels;
        foreach (var member in task.Members())
        {
            if (member.Name == "classification_labels")
                labels = ReadLabels(member);
            else
                common.Read(member);
        }

        common.ForbidSpan(Name);
        return new NerConfig(common.Tokenization, common.ResultsField, labels);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        foreach (var member in task.Members())
            common.ReadUpdate(member);
        common.ForbidSpan(Name);
        return new NerUpdate(common.TokenizationUpdate, common.ResultsField);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config) =>
        InferenceConfigJson.WriteLabels(writer, ((NerConfig)config).ClassificationLabels);

    private static ImmutableArray<string> ReadLabels(JsonMember member)
    {
        var labels = member.Strings();
        if (labels.IsEmpty)
            return NerConfig.DefaultLabels;
        var bad = labels.FirstOrDefault(l => !Array.Exists(Prefixes, p => l.StartsWith(p, StringComparison.OrdinalIgnoreCase)));
        if (bad is not null)
        {
            throw member.Caused(MlErrorKind.IllegalArgument,
                $"[classification_labels] only allows inside-outside-beginning tags, such as O, B_PER, I_PER; found [{Excerpt.Of(bad)}]");
        }

        return labels.Contains("O", StringComparer.OrdinalIgnoreCase) ? labels
            : throw member.Caused(MlErrorKind.IllegalArgument, "[classification_labels] must hold the tag [O] for words outside of entities");
    }
}
