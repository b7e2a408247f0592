using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orleans.Ml.Api.Wire;

/// <summary>Elasticsearch's coerced integers: JSON integers, floats without a fraction, and either of them in a string.</summary>
internal static class JsonNumber
{
    private const NumberStyles FloatStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static bool TryGetInt64(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetInt64(out value) || (element.TryGetDouble(out var number) && TryConvert(number, out value)),
            JsonValueKind.String => TryParse(element.GetString()!, out value),
            _ => false,
        };
    }

    /// <summary>Reads the text of a JSON number, which must be one by JSON's grammar.</summary>
    public static bool TryParseToken(ReadOnlySpan<byte> token, out long value)
    {
        value = 0;
        try
        {
            var reader = new Utf8JsonReader(token);
            return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.BytesConsumed == token.Length
                && TryParse(Encoding.UTF8.GetString(token), out value);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads a number in a string.</summary>
    public static bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        || (double.TryParse(text, FloatStyle, CultureInfo.InvariantCulture, out var number) && TryConvert(number, out value));

    // 2^63 itself is a double, but no long.
    private static bool TryConvert(double number, out long value)
    {
        var fits = double.IsInteger(number) && number is >= long.MinValue and < 9223372036854775808d;
        value = fits ? (long)number : 0;
        return fits;
    }
}
