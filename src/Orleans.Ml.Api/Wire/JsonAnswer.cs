using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Api.Wire;

/// <summary>
/// Writes JSON answers. The bytes are collected in a buffer kept per thread, because a Content-Length must be known before the first byte goes out,
/// and HEAD sends
/// none at all; Kestrel would copy them to its own buffer in any case.
/// </summary>
internal sealed class JsonAnswer : IDisposable
{
    private const int InitialBytes = 16 * 1024;
    private const int LargestKeptBytes = 1024 * 1024;

    // As Elasticsearch: UTF-8 as it is. The content type says JSON, so nothing has to be escaped for HTML.
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonWriterOptions Pretty = Compact with { Indented = true };

    [ThreadStatic]
    private static JsonAnswer? _kept;

    private readonly ArrayBufferWriter<byte> _buffer = new(InitialBytes);
    private readonly Utf8JsonWriter _writer;

    private JsonAnswer() => _writer = new(_buffer, Compact);

    /// <summary>Answers with what <paramref name="write"/> makes of <paramref name="value"/>.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, Action<Utf8JsonWriter, T> write, int status = StatusCodes.Status200OK)
    {
        var answer = _kept ?? new();
        _kept = null;
        var query = QueryParameters.Of(context);
        var isPretty = query.IsOn("pretty");
        if (FieldFilter.Parse(query.String("filter_path")) is { } filter)
            answer.WriteFiltered(filter, value, write, isPretty);
        else if (isPretty)
            answer.Write(value, write, Pretty);
        else
            answer.Write(value, write);
        if (isPretty)
            answer._buffer.Write("\n"u8);
        return answer.SendAsync(context, status);
    }

    public void Dispose() => _writer.Dispose();

    private void Write<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        write(_writer, value);
        _writer.Flush();
    }

    private void Write<T>(T value, Action<Utf8JsonWriter, T> write, JsonWriterOptions options)
    {
        using var writer = new Utf8JsonWriter(_buffer, options);
        write(writer, value);
    }

    private void WriteFiltered<T>(FieldFilter filter, T value, Action<Utf8JsonWriter, T> write, bool isPretty)
    {
        Write(value, write);
        using var whole = JsonDocument.Parse(_buffer.WrittenMemory.ToArray());
        _buffer.ResetWrittenCount();
        Write(filter.Apply(whole.RootElement), static (writer, kept) => kept!.WriteTo(writer), isPretty ? Pretty : Compact);
    }

    private async Task SendAsync(HttpContext context, int status)
    {
        await AnswerBody.SendAsync(context, _buffer.WrittenMemory, status);
        Keep();
    }

    // Only after success: a buffer that something may still read is left to the garbage collector.
    private void Keep()
    {
        if (_buffer.Capacity > LargestKeptBytes)
        {
            Dispose();
            return;
        }

        _buffer.ResetWrittenCount();
        _writer.Reset();
        _kept = this;
    }
}
