using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Documentation;

/// <summary>docs/api-compatibility.md tells of what is there.</summary>
public sealed partial class ApiCompatibilityTests
{
    private static readonly string Repository = FindRepository();
    private static readonly string Document = File.ReadAllText(Path.Combine(Repository, "docs", "api-compatibility.md"));

    [Fact]
    public void Checklists_NameTestsThatExist()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Repository, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => TestMethod().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        var checklists = Document[Document.IndexOf("## Checklists", StringComparison.Ordinal)..];

        var named = Quoted().Matches(checklists).Select(m => m.Groups[1].Value).Where(n => char.IsAsciiLetterUpper(n[0])).ToList();

        Assert.InRange(named.Count, 60, int.MaxValue);
        Assert.DoesNotContain(named, n => !tests.Contains(n));
    }

    [Fact]
    public async Task Endpoints_HaveEveryLastPartOfEveryRoute()
    {
        await using var api = await ApiHost.StartAsync();
        var parts = api.Services.GetRequiredService<RouteList>().Routes.Select(r => r.Pattern.Split('/').Last(p => !p.StartsWith('{'))).Where(p => p.Length > 0).Distinct();

        Assert.DoesNotContain(parts, p => !Document.Contains(p, StringComparison.Ordinal));
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orleans.Ml.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No Orleans.Ml.sln above the tests");
        return folder;
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void|ValueTask) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Quoted();
}
