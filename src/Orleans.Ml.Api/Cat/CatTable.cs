using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Cat;

/// <summary>One value of a table.</summary>
/// <param name="Text">As shown; null for nothing.</param>
/// <param name="Number">What it is sorted by; null for its text.</param>
internal readonly record struct CatCell(string? Text, long? Number = null);

/// <summary>One column of a table of <typeparamref name="T"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Aliases">Shorter names for it.</param>
/// <param name="Description">Shown by <c>help</c>.</param>
/// <param name="IsDefault">Whether it shows unless others are asked for.</param>
/// <param name="CellOf">Its value in a row.</param>
internal sealed record CatColumn<T>(string Name, string[] Aliases, string Description, bool IsDefault, Func<T, CatCell> CellOf)
{
    public bool Is(string name) => name == Name || Array.IndexOf(Aliases, name) >= 0;
}

/// <summary>A table as cat APIs show it, as text, as JSON or as YAML. Rules: models-nlp-ingest-security.md §1.8.</summary>
/// <param name="columns">All columns it can have.</param>
internal sealed class CatTable<T>(IReadOnlyList<CatColumn<T>> columns)
{
    /// <summary>The rows in the order that <paramref name="sort"/> asks for: names of columns, each with <c>:asc</c> or <c>:desc</c> at will.</summary>
    /// <exception cref="ElasticErrorException">There is no such column.</exception>
    public IEnumerable<T> Sort(IEnumerable<T> rows, string[] sort)
    {
        foreach (var item in sort.Reverse())
        {
            var isDescending = item.EndsWith(":desc", StringComparison.Ordinal);
            var name = isDescending || item.EndsWith(":asc", StringComparison.Ordinal) ? item[..item.LastIndexOf(':')] : item;
            var column = columns.FirstOrDefault(c => c.Is(name)) ?? throw new ElasticErrorException(ElasticErrors.UnknownSortColumn(Excerpt.Of(name)));
            var order = Comparer<CatCell>.Create(Compare);
            rows = isDescending ? rows.OrderByDescending(column.CellOf, order) : rows.OrderBy(column.CellOf, order);
        }

        return rows;
    }

    /// <summary>The columns that were asked for, under the names they were asked for by; unknown names are ignored.</summary>
    public IReadOnlyList<(string Shown, CatColumn<T> Column)> Choose(string[] names)
    {
        if (names.Length == 0)
            return [.. columns.Where(c => c.IsDefault).Select(c => (c.Name, c))];
        var chosen = new List<(string, CatColumn<T>)>();
        foreach (var name in names)
        {
            if (name.Contains('*', StringComparison.Ordinal))
                chosen.AddRange(columns.Where(c => Wildcard.Matches(name, c.Name)).Select(c => (c.Name, c)));
            else if (columns.FirstOrDefault(c => c.Is(name)) is { } column)
                chosen.Add((name, column));
        }

        return [.. chosen.DistinctBy(c => c.Item1)];
    }

    /// <summary>Lines of columns padded with blanks.</summary>
    public static string Text(IReadOnlyList<(string Shown, CatColumn<T> Column)> chosen, IEnumerable<T> rows, bool withHeader)
    {
        var lines = rows.Select(r => chosen.Select(c => c.Column.CellOf(r).Text ?? "").ToArray()).ToList();
        if (withHeader)
            lines.Insert(0, [.. chosen.Select(c => c.Shown)]);
        return Pad(lines, " ");
    }

    /// <summary>What there is to ask for.</summary>
    public string Help() => Pad([.. columns.Select(c => new[] { c.Name, string.Join(",", c.Aliases), c.Description })], " | ");

    /// <summary>An array of objects whose members are text or null.</summary>
    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<(string Shown, CatColumn<T> Column)> chosen, IEnumerable<T> rows)
    {
        writer.WriteStartArray();
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            foreach (var (shown, column) in chosen)
                writer.WriteString(shown, column.CellOf(row).Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The same as YAML. Text is quoted as in JSON, which YAML has as well.</summary>
    public static string Yaml(IReadOnlyList<(string Shown, CatColumn<T> Column)> chosen, IEnumerable<T> rows)
    {
        var lines = new StringBuilder();
        foreach (var row in rows)
        {
            var before = "- ";
            foreach (var (shown, column) in chosen)
            {
                var value = column.CellOf(row).Text is { } text ? $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"" : "null";
                lines.Append(before).Append(shown).Append(": ").Append(value).Append('\n');
                before = "  ";
            }
        }

        return lines.Length == 0 ? "--- []\n" : $"---\n{lines}";
    }

    private static int Compare(CatCell a, CatCell b) =>
        a.Number is { } x && b.Number is { } y ? x.CompareTo(y) : string.CompareOrdinal(a.Text, b.Text);

    private static string Pad(List<string[]> lines, string separator)
    {
        var text = new StringBuilder();
        if (lines.Count == 0)
            return "";
        var widths = Enumerable.Range(0, lines[0].Length).Select(i => lines.Max(l => l[i].Length)).ToArray();
        foreach (var line in lines)
            text.AppendJoin(separator, line.Select((cell, i) => i == line.Length - 1 ? cell : cell.PadRight(widths[i]))).Append('\n');
        return text.ToString();
    }
}
