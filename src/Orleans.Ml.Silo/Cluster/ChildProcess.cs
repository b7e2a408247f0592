using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>A process of the cluster; its lines appear under its name.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;

    private ChildProcess(string name, Process process, TextWriter terminal)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Show(line.Data);
        _process.ErrorDataReceived += (_, line) => Show(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Ended = EndAsync(name, terminal);

        void Show(string? line)
        {
            if (line is not null)
                terminal.WriteLine($"[{name}] {line}");
        }
    }

    /// <summary>Completes when the process has ended, however it did.</summary>
    public Task Ended { get; }

    /// <exception cref="StartFailure">There is no such program.</exception>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, TextWriter terminal)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            return new(name, Process.Start(start)!, TextWriter.Synchronized(terminal));
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new StartFailure($"{program} cannot be started: {missing.Message}");
        }
    }

    /// <summary>Asks it to stop, and ends it when it has not within <paramref name="limit"/>.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        if (!_process.HasExited && Signal(_process.Id, Terminate) == 0)
            await Ended.WaitAsync(limit, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Ended;
    }

    public void Dispose() => _process.Dispose();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int processId, int signal);

    private async Task EndAsync(string name, TextWriter terminal)
    {
        await _process.WaitForExitAsync();
        await terminal.WriteLineAsync($"[{name}] ended with exit code {_process.ExitCode}");
    }
}
