using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Writes what the cluster can do and its defaults (models-nlp-ingest-security.md §1.9). Clients expect every member, also those of jobs that do not exist here.</summary>
internal static class InfoJson
{
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<NodeSnapshot> nodes)
    {
        writer.WriteStartObject();
        WriteDefaults(writer);
        writer.WriteBoolean("upgrade_mode"u8, false);
        writer.WriteStartObject("native_code"u8);
        writer.WriteString("version"u8, ElasticsearchVersion.Number);
        writer.WriteString("build_hash"u8, ElasticsearchVersion.BuildHash);
        writer.WriteEndObject();
        writer.WriteStartObject("limits"u8);
        writer.WriteString("total_ml_memory"u8, ByteSize.ExactText(nodes.Sum(n => n.MemoryBytes)));
        if (nodes.Count > 0)
        {
            writer.WriteString("effective_max_model_memory_limit"u8, ByteSize.ExactText(nodes.Max(n => n.MemoryBytes)));
            writer.WriteNumber("max_single_ml_node_processors"u8, nodes.Max(n => n.Processors));
            writer.WriteNumber("total_ml_processors"u8, nodes.Sum(n => n.Processors));
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteDefaults(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("defaults"u8);
        writer.WriteStartObject("anomaly_detectors"u8);
        writer.WriteStartObject("categorization_analyzer"u8);
        writer.WriteString("tokenizer"u8, "ml_standard"u8);
        writer.WriteEndObject();
        writer.WriteString("model_memory_limit"u8, "1gb"u8);
        writer.WriteNumber("categorization_examples_limit"u8, 4);
        writer.WriteNumber("model_snapshot_retention_days"u8, 10);
        writer.WriteNumber("daily_model_snapshot_retention_after_days"u8, 1);
        writer.WriteEndObject();
        writer.WriteStartObject("datafeeds"u8);
        writer.WriteNumber("scroll_size"u8, 1000);
        writer.WriteEndObject();
        writer.WriteString("model_platform_variant"u8, PlatformVariant());
        writer.WriteEndObject();
    }

    private static string PlatformVariant() =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "linux-x86_64" : "platform_agnostic";
}
