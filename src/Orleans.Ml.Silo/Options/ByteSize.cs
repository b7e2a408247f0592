using System.Globalization;

namespace Orleans.Ml.Silo.Options;

/// <summary>Byte sizes as Elasticsearch writes them: a whole number and a unit, 1024 based.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, int Shift)[] Units =
        [("kb", 10), ("mb", 20), ("gb", 30), ("tb", 40), ("k", 10), ("m", 20), ("g", 30), ("t", 40), ("b", 0), ("", 0)];

    /// <summary>Reads <c>512mb</c>, <c>4gb</c>, <c>4G</c>, <c>1000000b</c> or <c>1000000</c>.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var (unit, shift) = Units.First(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }

    /// <summary>A size for people: <c>4.6 MB</c>.</summary>
    public static string Show(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KB"),
    };
}
