using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>A process of the cluster; its lines appear under its name.</summary>
internal sealed partial class ChildProcess : IChildProcess
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
        Ended = EndAsync();

        void Show(string? line)
        {
            if (line is not null)
                terminal.WriteLine($"[{name}] {line}");
        }
    }

    public Task<int> Ended { get; }

    /// <summary>
    /// Starts a program that dies with this process, even when that is killed, and that is in a session of its own: Ctrl-C in the terminal is this process's to
    /// answer, which stops its children in their order. Both programs become the one they start.
    /// </summary>
    /// <exception cref="StartFailure">There is no such program.</exception>
    public static async Task<ChildProcess> StartAsync(ChildProgram program, ProcessLauncher launcher, TextWriter terminal)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", program.DeathSignal, "setsid", program.Path, .. program.Arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new(program.Name, await launcher.StartAsync(start), terminal);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new StartFailure($"setpriv (util-linux) cannot be started: {missing.Message}");
        }
    }

    public async Task StopAsync(TimeSpan limit)
    {
        if (!_process.HasExited && Signal(_process.Id, Terminate) == 0)
            await ((Task)Ended).WaitAsync(limit, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Ended;
    }

    public void Dispose() => _process.Dispose();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int processId, int signal);

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
