namespace Orleans.Ml.Api.Wire;

/// <summary>The refusal of query parameters nobody reads, with what may have been meant.</summary>
internal static class UnknownParameters
{
    // As Elasticsearch: closer than half of the longer name.
    private const double LeastSimilarity = 0.5;
    private const int LongestCompared = 64;

    /// <summary>The error that names all of them and what each may have meant.</summary>
    public static MlException Refuse(string path, List<string> unknown, string[] known)
    {
        unknown.Sort(StringComparer.Ordinal);
        var noun = unknown.Count == 1 ? "parameter" : "parameters";
        return new(MlErrorKind.IllegalArgument,
            $"request [{Excerpt.Of(path)}] contains unrecognized {noun}: {Excerpt.Of(string.Join(", ", unknown.Select(n => Describe(n, known))))}");
    }

    private static string Describe(string name, string[] known)
    {
        var close = known.Select(k => (Name: k, Similarity: Similarity(name, k))).Where(k => k.Similarity > LeastSimilarity)
            .OrderByDescending(k => k.Similarity).ThenBy(k => k.Name, StringComparer.Ordinal).Select(k => k.Name).ToList();
        return close.Count switch
        {
            0 => $"[{name}]",
            1 => $"[{name}] -> did you mean [{close[0]}]?",
            _ => $"[{name}] -> did you mean any of [{string.Join(", ", close)}]?",
        };
    }

    private static double Similarity(string a, string b) =>
        a.Length > LongestCompared ? 0 : 1 - ((double)Distance(a, b) / Math.Max(a.Length, b.Length));

    // Levenshtein's: how many characters to insert, delete or replace.
    private static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j < row.Length; j++)
            row[j] = j;
        for (var i = 0; i < a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < b.Length; j++)
            {
                var replaced = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], row[j + 1]) + 1);
            }
        }

        return row[^1];
    }
}
