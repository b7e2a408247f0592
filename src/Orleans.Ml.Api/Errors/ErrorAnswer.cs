using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Errors;

/// <summary>Writes the error envelope. Shape: deployment-runtime.md §0.2.</summary>
internal static class ErrorAnswer
{
    /// <summary>Answers with an error; with <c>error_trace</c> also where <paramref name="exception"/> came from.</summary>
    public static Task WriteAsync(HttpContext context, ElasticError error, Exception? exception = null)
    {
        context.Response.ContentType = MediaTypes.JsonOr(context.Response.ContentType);
        if (QueryParameters.Of(context).IsOn("error_trace") && error.Type is not null)
            error = error with { StackTrace = TraceOf(error, exception) };
        return JsonAnswer.WriteAsync(context, error, Write, error.Status);
    }

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
        if (error.StackTrace is { } trace)
            writer.WriteString("stack_trace"u8, trace);
    }

    // Without file names: they would tell of the machine the server was built on.
    private static string TraceOf(ElasticError error, Exception? exception) => exception is null
        ? $"{error.Type}: {error.Reason}"
        : $"{error.Type}: {error.Reason}\n{new StackTrace(exception, fNeedFileInfo: false)}";

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
