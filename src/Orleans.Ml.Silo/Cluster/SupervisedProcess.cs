using System.Globalization;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>
/// A process that is started again whenever it ends, until it is told to stop. One that dies again and again is started ever less often, and that is said.
/// </summary>
internal sealed class SupervisedProcess : IAsyncDisposable
{
    /// <summary>Whoever has run so long is well; its next death counts as the first.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>From so many deaths in a row on somebody should look.</summary>
    private const int Alarming = 3;

    private readonly string _name;
    private readonly Func<Task<IChildProcess>> _startAsync;
    private readonly TimeSpan _stopLimit;
    private readonly TextWriter _terminal;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private SupervisedProcess(
        string name, (IChildProcess Process, long StartedAt) first, Func<Task<IChildProcess>> startAsync, TimeSpan stopLimit, TextWriter terminal, TimeProvider time)
    {
        (_name, _startAsync, _stopLimit, _terminal, _time) = (name, startAsync, stopLimit, terminal, time);
        _running = RunAsync(first.Process, first.StartedAt);
    }

    /// <summary>Starts it for the first time.</summary>
    /// <param name="name">For the lines that tell of it.</param>
    /// <param name="startAsync">Starts it; a failure at the first start is the caller's.</param>
    /// <param name="stopLimit">How long it may take to stop before it is killed.</param>
    /// <param name="terminal">Where its deaths are told.</param>
    /// <param name="time">The clock.</param>
    public static async Task<SupervisedProcess> StartAsync(
        string name, Func<Task<IChildProcess>> startAsync, TimeSpan stopLimit, TextWriter terminal, TimeProvider time)
    {
        var startedAt = time.GetTimestamp();
        return new(name, (await startAsync(), startedAt), startAsync, stopLimit, terminal, time);
    }

    /// <summary>Stops it for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(IChildProcess? process, long startedAt)
    {
        for (var deathsInARow = 1; ; deathsInARow++)
        {
            var fate = "cannot be started";
            if (process is not null)
            {
                using (process)
                {
                    await ((Task)process.Ended).WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (_stopping.IsCancellationRequested)
                    {
                        await process.StopAsync(_stopLimit);
                        return;
                    }

                    fate = $"ended with exit code {await process.Ended}";
                }
            }

            if (_time.GetElapsedTime(startedAt) >= Settled)
                deathsInARow = 1;
            var pause = PauseAfter(deathsInARow);
            var paused = Task.Delay(pause, _time, _stopping.Token);
            await _terminal.WriteLineAsync(deathsInARow < Alarming
                ? $"[{_name}] {fate}; it is started again in {Seconds(pause)}."
                : $"[{_name}] {fate}, {deathsInARow} times in a row now; its lines above should say why. The next try is in {Seconds(pause)}.");
            await paused.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
                return;
            startedAt = _time.GetTimestamp();
            process = await TryStartAsync();
        }
    }

    private async Task<IChildProcess?> TryStartAsync()
    {
        try
        {
            return await _startAsync();
        }
        catch (Exception failure) when (failure is Start.StartFailure or IOException)
        {
            await _terminal.WriteLineAsync($"[{_name}] {failure.Message}");
            return null;
        }
    }

    /// <summary>1 s, 2 s, 4 s… up to 30 s.</summary>
    private static TimeSpan PauseAfter(int deathsInARow)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(deathsInARow, 10) - 1);
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Seconds(TimeSpan pause) => string.Create(CultureInfo.InvariantCulture, $"{pause.TotalSeconds:0} s");
}
