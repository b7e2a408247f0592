namespace Orleans.Ml.Inference.Workers;

/// <summary>Words for how a process ended.</summary>
internal static class ExitDescription
{
    private const int SignalBase = 128;

    /// <summary>Words for an exit code as .NET gives it: 128 + signal for a process that a signal ended.</summary>
    public static string From(int exitCode) => exitCode > SignalBase
        ? $"killed by signal {exitCode - SignalBase}{NameOf(exitCode - SignalBase)}"
        : $"exit code {exitCode}";

    private static string NameOf(int signal) => signal switch
    {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        25 => " (SIGXFSZ)",
        31 => " (SIGSYS)",
        _ => "",
    };
}
