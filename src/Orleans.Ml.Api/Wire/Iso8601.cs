using System.Globalization;
using System.Text.Json;

namespace Orleans.Ml.Api.Wire;

/// <summary>How times are printed.</summary>
internal static class Iso8601
{
    /// <summary>UTC with microseconds, as assignments show it.</summary>
    public static string Micros(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>UTC with milliseconds.</summary>
    public static string Millis(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Epoch milliseconds, and with <paramref name="human"/> the same as text beside it.</summary>
    public static void WriteTime(this Utf8JsonWriter writer, string name, DateTimeOffset time, bool human)
    {
        if (human)
            writer.WriteString(name + "_string", Millis(time));
        writer.WriteNumber(name, time.ToUnixTimeMilliseconds());
    }
}
