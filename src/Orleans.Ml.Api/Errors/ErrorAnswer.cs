using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Errors;

/// <summary>Writes the error envelope. Shape: deployment-runtime.md §0.2.</summary>
internal static class ErrorAnswer
{
    public static Task WriteAsync(HttpContext context, ElasticError error) => JsonAnswer.WriteAsync(context, error, Write, error.Status);

    internal static void Write(Utf8JsonWriter writer, ElasticError error)
    {
        writer.WriteStartObject();
        if (error.Type is null)
        {
            writer.WriteString("error"u8, error.Reason);
        }
        else
        {
            writer.WriteStartObject("error"u8);
            writer.WriteStartArray("root_cause"u8);
            writer.WriteStartObject();
            WriteTypeAndReason(writer, error);
            writer.WriteEndObject();
            writer.WriteEndArray();
            WriteTypeAndReason(writer, error);
            WriteCause(writer, error.Cause);
            writer.WriteEndObject();
        }

        if (error.ShowsStatus)
            writer.WriteNumber("status"u8, error.Status);
        writer.WriteEndObject();
    }

    private static void WriteTypeAndReason(Utf8JsonWriter writer, ElasticError error)
    {
        writer.WriteString("type"u8, error.Type);
        writer.WriteString("reason"u8, error.Reason);
    }

    private static void WriteCause(Utf8JsonWriter writer, ElasticError? cause)
    {
        if (cause is null)
            return;
        writer.WriteStartObject("caused_by"u8);
        WriteTypeAndReason(writer, cause);
        WriteCause(writer, cause.Cause);
        writer.WriteEndObject();
    }
}
