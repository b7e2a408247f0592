using System.CommandLine;

namespace Orleans.Ml.CommandLine;

/// <summary>How the programs run what their command line says, and refuse what is wrong with it.</summary>
public static class CommandRun
{
    /// <summary>The exit code for a wrong option.</summary>
    public const int ExitWrongUsage = 2;

    /// <summary>Runs the command's action, or says what is wrong.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> InvokeAsync(ParseResult parsed, InvocationConfiguration configuration)
    {
        // The host itself listens for Ctrl-C and SIGTERM and takes the time it needs.
        configuration.ProcessTerminationTimeout = null;
        return parsed.Errors.Count == 0 ? parsed.InvokeAsync(configuration) : RefuseAsync(configuration.Error, [.. parsed.Errors.Select(error => error.Message)]);
    }

    /// <summary>Says what is wrong.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RefuseAsync(TextWriter error, params string[] problems)
    {
        foreach (var problem in problems)
            await error.WriteLineAsync(problem);
        await error.WriteLineAsync("--help lists the options.");
        return ExitWrongUsage;
    }
}
