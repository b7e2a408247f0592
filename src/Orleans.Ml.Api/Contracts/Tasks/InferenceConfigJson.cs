using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>The <c>inference_config</c> of models and requests: an object whose only member names the task.</summary>
internal static class InferenceConfigJson
{
    private static readonly TaskJson[] Tasks =
    [
        new NerJson(), new TextClassificationJson(), new FillMaskJson(), new QuestionAnsweringJson(), new ZeroShotClassificationJson(),
        new TextEmbeddingJson(), new TextExpansionJson(), new TextSimilarityJson(), new PassThroughJson(),
    ];

    // Elasticsearch knows them, this server does not.
    private static readonly string[] Others = ["classification", "regression", "learning_to_rank"];

    public static InferenceConfig Read(JsonMember member)
    {
        var task = member.OnlyMember();
        return TaskOf(task).Read(task);
    }

    public static InferenceUpdate ReadUpdate(JsonMember member)
    {
        var task = member.OnlyMember();
        return TaskOf(task).ReadUpdate(task);
    }

    /// <summary>Writes a stored configuration with everything that is in effect (models-nlp-ingest-security.md §1.4).</summary>
    public static void Write(Utf8JsonWriter writer, InferenceConfig config)
    {
        writer.WriteStartObject("inference_config"u8);
        writer.WriteStartObject(config.TaskName);
        writer.WriteStartObject("vocabulary"u8);
        writer.WriteString("index"u8, TrainedModelJson.Location);
        writer.WriteEndObject();
        TokenizationJson.Write(writer, config.Tokenization);
        Array.Find(Tasks, t => t.Name == config.TaskName)!.WriteOwnMembers(writer, config);
        if (config.ResultsField is { } resultsField)
            writer.WriteString("results_field"u8, resultsField);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void WriteLabels(Utf8JsonWriter writer, ImmutableArray<string> labels)
    {
        writer.WriteStartArray("classification_labels"u8);
        foreach (var label in labels)
            writer.WriteStringValue(label);
        writer.WriteEndArray();
    }

    private static TaskJson TaskOf(JsonMember task)
    {
        if (Array.Find(Tasks, t => t.Name == task.Name) is { } known)
            return known;
        throw Others.Contains(task.Name)
            ? new MlException(MlErrorKind.BadRequest,
                $"task [{task.Name}] is not supported; supported are [{string.Join(", ", Tasks.Select(t => t.Name))}]")
            : task.Unknown();
    }
}
