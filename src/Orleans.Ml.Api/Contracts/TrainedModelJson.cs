using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Contracts.Tasks;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts;

/// <summary>How much of a model is shown.</summary>
internal readonly record struct TrainedModelView(bool ExcludesGenerated = false, bool ShowsDefinitionStatus = false, bool Human = false);

/// <summary>Writes stored models; order and presence of members: models-nlp-ingest-security.md §1.4.</summary>
internal static class TrainedModelJson
{
    /// <summary>Clients want to see an index; ours is a model store.</summary>
    public const string Location = ".ml-inference-native-000002";

    public static void Write(Utf8JsonWriter writer, CatalogModel model, TrainedModelView view)
    {
        var config = model.Stored.Config;
        writer.WriteStartObject();
        writer.WriteString("model_id"u8, config.ModelId);
        writer.WriteString("model_type"u8, "pytorch"u8);
        if (!view.ExcludesGenerated)
            WriteGenerated(writer, config, view.Human);
        if (config.Description is { } description)
            writer.WriteString("description"u8, description);
        WriteStrings(writer, "tags", config.Tags);
        WriteMetadata(writer, config.MetadataJson, model.Aliases);
        writer.WriteStartObject("input"u8);
        WriteStrings(writer, "field_names", config.InputFieldNames);
        writer.WriteEndObject();
        InferenceConfigJson.Write(writer, config.InferenceConfig);
        writer.WriteStartObject("location"u8);
        writer.WriteStartObject("index"u8);
        writer.WriteString("name"u8, Location);
        writer.WriteEndObject();
        writer.WriteEndObject();
        if (view.ShowsDefinitionStatus)
            writer.WriteBoolean("fully_defined"u8, model.Stored.FindDefinitionProblem() is null);
        if (config.PlatformArchitecture is { } platform)
            writer.WriteString("platform_architecture"u8, platform);
        if (config.PrefixStrings is { } prefixes)
            WritePrefixes(writer, prefixes);
        writer.WriteEndObject();
    }

    private static void WriteGenerated(Utf8JsonWriter writer, TrainedModelConfig config, bool human)
    {
        writer.WriteString("created_by"u8, "api_user"u8);
        writer.WriteString("version"u8, ElasticsearchVersion.MlConfig);
        writer.WriteTime("create_time", config.CreateTime, human);
        if (human)
            writer.WriteString("model_size"u8, ByteSize.Human(config.ModelSizeBytes));
        writer.WriteNumber("model_size_bytes"u8, config.ModelSizeBytes);
        writer.WriteNumber("estimated_operations"u8, config.EstimatedOperations);
        writer.WriteString("license_level"u8, "platinum"u8);
    }

    // The aliases show inside the metadata, which appears for their sake when there is none.
    private static void WriteMetadata(Utf8JsonWriter writer, byte[]? metadata, ImmutableArray<string> aliases)
    {
        if (metadata is null && aliases.IsEmpty)
            return;
        writer.WritePropertyName("metadata"u8);
        if (aliases.IsEmpty)
        {
            writer.WriteRawValue(metadata, skipInputValidation: true);
            return;
        }

        writer.WriteStartObject();
        if (metadata is not null)
        {
            using var document = JsonDocument.Parse(metadata);
            foreach (var member in document.RootElement.EnumerateObject())
                member.WriteTo(writer);
        }

        WriteStrings(writer, "model_aliases", aliases);
        writer.WriteEndObject();
    }

    private static void WritePrefixes(Utf8JsonWriter writer, PrefixStrings prefixes)
    {
        writer.WriteStartObject("prefix_strings"u8);
        if (prefixes.Ingest is { } ingest)
            writer.WriteString("ingest"u8, ingest);
        if (prefixes.Search is { } search)
            writer.WriteString("search"u8, search);
        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
