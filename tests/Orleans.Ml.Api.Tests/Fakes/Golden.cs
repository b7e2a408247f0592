using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>Compares JSON with a file in Golden/: the same members in the same order, whatever the white space.</summary>
internal static class Golden
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Equal(string fileName, string actual) =>
        Assert.Equal(Indent(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", fileName))), Indent(actual), ignoreLineEndingDifferences: true);

    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Indent(string json) => JsonSerializer.Serialize(JsonElement.Parse(json), Indented);
}
