using System.Diagnostics;
using System.Text.RegularExpressions;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests;

/// <summary>The options that a program tells of with <c>--help</c>.</summary>
internal sealed partial class ProgramOptions
{
    private static readonly Lazy<ProgramOptions> OfSilo = new(() => new(MlServer.Executable));
    private static readonly Lazy<ProgramOptions> OfWeb = new(() => new(MlServer.Executable.Replace("Orleans.Ml.Silo", "Orleans.Ml.Web", StringComparison.Ordinal)));

    private readonly HashSet<string> _names;

    private ProgramOptions(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["--help"]) { RedirectStandardOutput = true })!;
        _names = [.. OptionLine().Matches(process.StandardOutput.ReadToEnd()).Select(line => line.Groups[1].Value)];
        process.WaitForExit();
        Assert.Contains("--azure-storage", _names);
    }

    public static ProgramOptions Silo => OfSilo.Value;

    public static ProgramOptions Web => OfWeb.Value;

    /// <summary>That of a container of this name.</summary>
    public static ProgramOptions Of(string component) => component.StartsWith("silo", StringComparison.Ordinal) ? Silo : Web;

    /// <summary>Fails for an argument that is no option, and for a variable of ours that is none either.</summary>
    public void AssertKnown(IEnumerable<string> arguments, IEnumerable<string> variables)
    {
        Assert.Subset(_names, arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal)).ToHashSet());
        var known = _names.Select(name => "ORLEANS_ML_" + name[2..].Replace('-', '_').ToUpperInvariant()).ToHashSet();
        Assert.Subset(known, variables.Where(variable => variable.StartsWith("ORLEANS_ML_", StringComparison.Ordinal)).ToHashSet());
    }

    // "  --port <PORT>   Port of …"; other options named in a description begin no line.
    [GeneratedRegex(@"^  (?:-\S+, )*(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionLine();
}
