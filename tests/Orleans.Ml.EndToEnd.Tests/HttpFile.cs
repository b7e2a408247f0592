using System.Text.RegularExpressions;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>One block of an .http file: its title stands behind ###, its status behind # expect:.</summary>
internal sealed record HttpFileRequest(string Title, int ExpectedStatus, HttpMethod Method, string Path, IReadOnlyDictionary<string, string> Headers, string? Body);

/// <summary>
/// Reads the .http files of the samples as editors do: variables of the form @name = value, blocks behind ###, a request line, headers, an empty
/// line, a body.
/// </summary>
internal static partial class HttpFile
{
    public static IEnumerable<HttpFileRequest> Read(string path, string host)
    {
        var blocks = Separator().Split(File.ReadAllText(path).ReplaceLineEndings("\n"));
        var variables = Variable().Matches(blocks[0]).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value.Trim(), StringComparer.Ordinal);
        Assert.Contains("host", variables.Keys);
        variables["host"] = host;
        return blocks.Skip(1).Select(block => Parse(variables.Aggregate(block, (text, v) => text.Replace($"{{{{{v.Key}}}}}", v.Value, StringComparison.Ordinal))));
    }

    private static HttpFileRequest Parse(string block)
    {
        var lines = block.Split('\n');
        var expect = lines.Single(l => l.StartsWith("# expect:", StringComparison.Ordinal));
        var head = lines.Skip(1).SkipWhile(l => l.StartsWith('#') || l.Length == 0).TakeWhile(l => l.Length > 0).ToList();
        var rest = lines.Skip(1).SkipWhile(l => l.StartsWith('#') || l.Length == 0).Skip(head.Count);
        var body = string.Join('\n', rest).Trim();
        var (method, path) = (head[0].Split(' ')[0], head[0].Split(' ', 2)[1].Trim());
        return new(
            lines[0].Trim(),
            int.Parse(expect["# expect:".Length..], System.Globalization.CultureInfo.InvariantCulture),
            new HttpMethod(method),
            path,
            head.Skip(1).Select(h => h.Split(':', 2)).ToDictionary(h => h[0].Trim(), h => h[1].Trim(), StringComparer.OrdinalIgnoreCase),
            body.Length == 0 ? null : body);
    }

    [GeneratedRegex("^###", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^@(?<name>\w+)\s*=\s*(?<value>.+)$", RegexOptions.Multiline)]
    private static partial Regex Variable();
}
