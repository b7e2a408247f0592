using System.Text.Json;
using System.Text.Unicode;

namespace Orleans.Ml.Api.Wire;

/// <summary>
/// Parses JSON bodies strictly: valid UTF-8, no duplicate keys, no lone surrogates, nothing after the value. What it lets through never throws when
/// it is read.
/// </summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Parses an object. The document reads from <paramref name="bytes"/>, which must outlive it.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.ContentParse"/>, or <see cref="MlErrorKind.Parse"/> when there is no body.</exception>
    public static JsonDocument ParseObject(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw new MlException(MlErrorKind.Parse, "request body is required");
        if (!Utf8.IsValid(bytes.Span))
            throw new MlException(MlErrorKind.ContentParse, "The body is not valid UTF-8");
        try
        {
            if (bytes.Span.IndexOf("\\u"u8) >= 0)
                CheckEscapes(bytes.Span);
            var document = JsonDocument.Parse(bytes, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            var found = document.RootElement.ValueKind;
            document.Dispose();
            throw new MlException(MlErrorKind.ContentParse, $"The body must be a JSON object, was [{found}]");
        }
        catch (JsonException bad)
        {
            throw new MlException(MlErrorKind.ContentParse, $"The body is not valid JSON: {Excerpt.Of(bad.Message)}");
        }
    }

    // An escaped half of a surrogate pair is valid JSON but no text.
    private static void CheckEscapes(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new MlException(MlErrorKind.ContentParse,
                    $"The string at byte [{reader.TokenStartIndex}] of the body holds an unpaired surrogate");
            }
        }
    }
}
