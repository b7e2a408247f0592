using System.Globalization;

namespace Orleans.Ml.Api.Wire;

/// <summary>Elasticsearch's time values: an integer and its unit; 0 and -1 need none (deployment-runtime.md §0.3).</summary>
internal static class TimeValue
{
    // Longer suffixes first: "ms" ends with "s" as well.
    private static readonly (string Suffix, double Ticks)[] Units =
    [
        ("nanos", 0.01), ("micros", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary>Reads a time value; what is longer than a <see cref="TimeSpan"/> can hold is the longest one.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var trimmed = text.AsSpan().Trim();
        if (trimmed is "0")
            return true;
        if (trimmed is "-1")
        {
            value = TimeSpan.FromMilliseconds(-1);
            return true;
        }

        foreach (var (suffix, ticks) in Units)
        {
            // A capital M would be months.
            var comparison = suffix == "m" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            if (!trimmed.EndsWith(suffix, comparison))
                continue;
            if (!long.TryParse(trimmed[..^suffix.Length].Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                return false;
            value = Clamp(number * ticks);
            return true;
        }

        return false;
    }

    /// <summary>Whether it is the name of a unit.</summary>
    public static bool IsUnit(string unit) => Array.Exists(Units, u => u.Suffix == unit);

    public static string Problem(string name, string text) =>
        $"failed to parse [{name}] with value [{Excerpt.Of(text)}] as a time value: " +
        "it must be an integer, and its unit is missing or unrecognized; units are nanos, micros, ms, s, m, h, d";

    /// <summary>In the largest unit that holds it without a fraction.</summary>
    public static string Format(TimeSpan value)
    {
        for (var i = Units.Length - 1; i > 0; i--)
        {
            var ticks = (long)Units[i].Ticks;
            if (value.Ticks % ticks == 0 && value.Ticks != 0)
                return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / ticks}{Units[i].Suffix}");
        }

        return value.Ticks == 0 ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{value.Ticks * TimeSpan.NanosecondsPerTick}nanos");
    }

    // A positive time that is shorter than a tick still is not zero.
    private static TimeSpan Clamp(double ticks) => ticks switch
    {
        >= long.MaxValue => TimeSpan.MaxValue,
        <= long.MinValue => TimeSpan.MinValue,
        > 0 and < 1 => TimeSpan.FromTicks(1),
        _ => TimeSpan.FromTicks((long)ticks),
    };
}
