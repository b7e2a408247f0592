using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orleans.Ml.Silo.Samples;

/// <summary>A request as a line for the shell.</summary>
internal static class CurlLine
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An inference of one text.</summary>
    public static string Infer(Uri server, SampleModel sample)
    {
        var body = JsonSerializer.Serialize(new { docs = new[] { new Dictionary<string, string> { [sample.InputField] = sample.Text } } }, Readable);
        return $"curl -s -H {Quote("Content-Type: application/json")} {Quote($"{server}_ml/trained_models/{Uri.EscapeDataString(sample.Id)}/_infer?pretty")} -d {Quote(body)}";
    }

    /// <summary>Nothing is special between single quotes but the quote itself.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
