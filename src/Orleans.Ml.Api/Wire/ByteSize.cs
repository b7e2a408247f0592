using System.Globalization;

namespace Orleans.Ml.Api.Wire;

/// <summary>Elasticsearch's byte sizes: a number and its unit, in steps of 1024; 0 and -1 need none (deployment-runtime.md §0.3).</summary>
/// <param name="Bytes">The size.</param>
/// <param name="Exact">As printed without loss: in the unit it was written in, or in bytes.</param>
internal readonly record struct ByteSize(long Bytes, string Exact)
{
    private static readonly (string Suffix, int Shift)[] Units =
    [
        ("pb", 50), ("tb", 40), ("gb", 30), ("mb", 20), ("kb", 10), ("p", 50), ("t", 40), ("g", 30), ("m", 20), ("k", 10), ("b", 0),
    ];

    public static bool TryParse(string text, out ByteSize size)
    {
        size = default;
        var trimmed = text.AsSpan().Trim();
        if (trimmed is "0" or "-1")
        {
            size = trimmed is "0" ? new(0, "0") : new(-1, "-1");
            return true;
        }

        foreach (var (suffix, shift) in Units)
        {
            if (!trimmed.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                continue;
            const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
            if (!decimal.TryParse(trimmed[..^suffix.Length].Trim(), Style, CultureInfo.InvariantCulture, out var number))
                return false;
            if (shift == 0 && number != decimal.Truncate(number))
                return false;
            var unit = 1L << shift;
            if (Math.Abs(number) > long.MaxValue / unit)
                return false;
            var bytes = (long)(number * unit);
            size = new(bytes, ExactOf(bytes, unit, suffix));
            return true;
        }

        return false;
    }

    public static string Problem(string name, string text) =>
        $"failed to parse [{name}] with value [{Excerpt.Of(text)}] as a size in bytes: " +
        "it must be a number, and its unit is missing or unrecognized; units are b, kb, mb, gb, tb, pb";

    /// <summary>Rounded for people, one digit after the point, cut and not rounded as Elasticsearch does it.</summary>
    public static string Human(long bytes)
    {
        foreach (var (suffix, shift) in Units)
        {
            if (suffix.Length < 2 || bytes < 1L << shift)
                continue;
            var tenths = (long)((decimal)bytes * 10 / (1L << shift));
            return tenths % 10 == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}{suffix}")
                : string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10}{suffix}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes}b");
    }

    /// <summary>Without loss, in the largest unit that holds it without a fraction.</summary>
    public static string ExactText(long bytes)
    {
        var (suffix, shift) = Array.Find(Units, u => u.Suffix.Length == 2 && bytes != 0 && bytes % (1L << u.Shift) == 0) is { Suffix: not null } unit ? unit : ("b", 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{suffix}");
    }

    /// <summary>Whether it is the name of a unit.</summary>
    public static bool IsUnit(string unit) => Array.Exists(Units, u => u.Suffix.Equals(unit, StringComparison.OrdinalIgnoreCase));

    /// <summary>In whole units.</summary>
    public static long In(long bytes, string unit) => bytes >> Array.Find(Units, u => u.Suffix.Equals(unit, StringComparison.OrdinalIgnoreCase)).Shift;

    private static string ExactOf(long bytes, long unit, string suffix)
    {
        if (bytes == 0)
            return "0";
        if (bytes % unit != 0)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes}b");
        var name = suffix.EndsWith('b') ? suffix : suffix + "b";
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{name}");
    }
}
