using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// Spawns processes from one thread that lives as long as this object. Linux sends a child its parent-death signal when the <i>thread</i> that spawned
/// it ends (torch-runtime.md §2), so a thread of the pool would take its children with it.
/// </summary>
public sealed class ProcessLauncher : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo What, TaskCompletionSource<Process> Started)> _queue = [];
    private readonly Lazy<Thread> _thread;

    /// <summary>Starts no thread before the first process.</summary>
    public ProcessLauncher() => _thread = new(StartThread);

    /// <summary>Spawns a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The system refuses.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Task<Process> StartAsync(ProcessStartInfo what)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = _thread.Value;
        try
        {
            _queue.Add((what, started));
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(ProcessLauncher));
        }
        return started.Task;
    }

    /// <summary>Ends the thread, and with it every process that still runs.</summary>
    public void Dispose()
    {
        if (_queue.IsAddingCompleted)
            return;
        _queue.CompleteAdding();
        if (_thread.IsValueCreated)
            _thread.Value.Join();
    }

    private Thread StartThread()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "process launcher" };
        thread.Start();
        return thread;
    }

    private void Run()
    {
        foreach (var (what, started) in _queue.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(what)!);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        }
    }
}
