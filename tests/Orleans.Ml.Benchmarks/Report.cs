using System.Globalization;

namespace Orleans.Ml.Benchmarks;

/// <summary>Prints what was measured as Markdown, ready for docs/benchmarks.md.</summary>
internal static class Report
{
    public static void Machine()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        Line($"{processor}, {Environment.ProcessorCount} cores, {Environment.OSVersion}, .NET {Environment.Version}");
    }

    public static void Heading(string title)
    {
        Line("");
        Line($"### {title}");
        Line("");
    }

    public static void Columns(params string[] names)
    {
        Row(names);
        Row([.. names.Select((_, i) => i == 0 ? "---" : "---:")]);
    }

    public static void Row(params object[] cells) => Line("| " + string.Join(" | ", cells.Select(Text)) + " |");

#pragma warning disable RS0030 // A benchmark speaks to a terminal.
    public static void Line(string line) => Console.Out.WriteLine(line);
#pragma warning restore RS0030

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Text(object cell) => cell switch
    {
        double number => number.ToString(number < 10 ? "0.000" : number < 1000 ? "0.0" : "0", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    };
}
