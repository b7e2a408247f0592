using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// Keeps one worker process alive: starts it, starts it again after a crash, gives up after too many. One loop owns the process' life; what other
/// threads may touch is the connection while it serves.
/// </summary>
internal sealed partial class WorkerSupervisor(
    WorkerSettings settings, IModelWorkerObserver observer, ProcessLauncher launcher, WorkerOptions options, TimeProvider time, ILogger logger)
    : IModelWorker
{
    private const int MaxRestarts = 3;

    /// <summary>A process that lived this long has nothing to do with the crashes before (deployment-runtime.md §4.4).</summary>
    private static readonly TimeSpan ForgetCrashesAfter = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Quarantine _quarantine = new();
    private readonly SemaphoreSlim _allocating = new(1);
    private readonly Lock _gate = new();
    private volatile WorkerConnection? _connection;
    private ControlConnection? _control;
    private int _allocations = settings.Allocations;
    private Task? _life;

    public void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            if (_life is not null)
                throw new InvalidOperationException("The worker was started before.");
            // Off the caller's scheduler, which may be a grain's.
            _life = Task.Run(LiveAsync);
        }
    }

    public bool TrySend(WorkerRequest request)
    {
        if (_connection is not { } connection)
            return false;
        if (FindRefusal(request.Input) is not var (error, reason))
            return connection.TrySend(request);
        // Not from inside this call: the caller may hold a lock.
        ThreadPool.UnsafeQueueUserWorkItem(_ => Tell(() => request.OnError(error, reason)), null);
        return true;
    }

    public async Task<int> SetAllocationsAsync(int allocations, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(allocations, 1);
        await _allocating.WaitAsync(cancellationToken);
        try
        {
            _allocations = allocations;
            return _control is { } control
                ? (await control.AskAsync(new(ControlKind.SetAllocations, allocations), cancellationToken)).Allocations
                : allocations;
        }
        catch (WorkerDiedException)
        {
            // The next process starts with this number.
            return allocations;
        }
        finally
        {
            _allocating.Release();
        }
    }

    public async Task<WorkerMemory?> GetMemoryAsync(CancellationToken cancellationToken)
    {
        if (_control is not { } control)
            return null;
        try
        {
            var answer = await control.AskAsync(new(ControlKind.GetMemory), cancellationToken);
            return new(answer.ResidentBytes, answer.PeakResidentBytes);
        }
        catch (WorkerDiedException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? life;
        lock (_gate)
            life = _life;
        await _stopping.CancelAsync();
        if (life is not null)
            await life;
    }

    private async Task LiveAsync()
    {
        for (var restarts = 0; ;)
        {
            var started = time.GetTimestamp();
            var end = await LiveOnceAsync();
            if (_stopping.IsCancellationRequested)
                return;
            if (end.IsFinal)
            {
                OnFailed(end.Reason);
                return;
            }
            if (time.GetElapsedTime(started) > ForgetCrashesAfter)
                restarts = 0;
            if (restarts == MaxRestarts)
            {
                OnFailed($"inference process crashed due to reason [{end.Reason}]");
                return;
            }
            var delay = Task.Delay(options.RestartDelay * (1 << restarts++), time, _stopping.Token);
            OnCrashed(end.Reason, restarts);
            try
            {
                await delay;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Runs one process until it ends or is to be stopped.</summary>
    private async Task<WorkerEnd> LiveOnceAsync()
    {
        try
        {
            var started = time.GetTimestamp();
            await using var process = await WorkerProcess.StartAsync(
                settings with { Allocations = _allocations }, options, launcher, time, _stopping.Token);
            LogStarted(settings.DeploymentId, process.Id);
            try
            {
                var loaded = await WaitForLoadAsync(process);
                return loaded.Kind == ControlKind.Failed ? new(loaded.Text, IsFinal: true) : await ServeAsync(process, loaded, started);
            }
            catch (WorkerDiedException)
            {
                // The connection only knows that it ended.
                return new(await process.BuryAsync(), IsFinal: false);
            }
        }
        catch (WorkerDiedException exception)
        {
            return new(exception.Message, IsFinal: false);
        }
        catch (OperationCanceledException)
        {
            return new("stopped", IsFinal: true);
        }
        catch (Exception exception)
        {
            // A folder that cannot be made, a system that refuses a process or a thread: trying again at once would not help.
            LogCannotRun(settings.DeploymentId, exception);
            return new(ReasonText.Clean(exception.Message), IsFinal: true);
        }
    }

    private async Task<ControlFrame> WaitForLoadAsync(WorkerProcess process)
    {
        try
        {
            return await process.Control!.Loaded.WaitAsync(options.LoadLimit, time, _stopping.Token);
        }
        catch (TimeoutException)
        {
            return new(ControlKind.Failed, Text: $"the model did not load within [{options.LoadLimit.TotalSeconds}s]");
        }
    }

    private async Task<WorkerEnd> ServeAsync(WorkerProcess process, ControlFrame loaded, long started)
    {
        await using var connection = new WorkerConnection(process.Requests!, process.Replies!, $"worker replies {settings.DeploymentId}", options, time, logger);
        var allocations = await OpenAsync(process.Control!, connection, loaded.Allocations);
        OnReady(new(allocations, loaded.Threads, time.GetElapsedTime(started), new(loaded.ResidentBytes, loaded.PeakResidentBytes)));

        var stop = Task.Delay(Timeout.InfiniteTimeSpan, time, _stopping.Token);
        var first = await Task.WhenAny(stop, connection.Overdue, connection.Ended, process.Control!.Ended, process.Exited);
        _connection = null;
        _control = null;
        if (first == stop)
        {
            await Task.WhenAny(connection.WhenIdleAsync(), connection.Ended, process.Exited, Task.Delay(options.StopLimit, time));
            connection.Close(WorkerError.Stopping, "inference canceled as process is stopping");
            return new("stopped", IsFinal: true);
        }

        var reason = first == connection.Overdue
            ? $"a request ran longer than [{options.ForwardLimit.TotalSeconds}s]"
            : await ExplainAsync(process, first as Task<string>);
        _quarantine.OnCrash(connection.Close(WorkerError.Died, $"inference native process died unexpectedly with failure [{reason}]"));
        return new(reason, IsFinal: false);
    }

    // What was changed while the process loaded is made up for before anybody is told that it serves.
    private async Task<int> OpenAsync(ControlConnection control, WorkerConnection connection, int allocations)
    {
        await _allocating.WaitAsync(_stopping.Token);
        try
        {
            if (allocations != _allocations)
                allocations = (await control.AskAsync(new(ControlKind.SetAllocations, _allocations), _stopping.Token)).Allocations;
            _control = control;
            _connection = connection;
            return allocations;
        }
        finally
        {
            _allocating.Release();
        }
    }

    // A connection that is broken while the process lives says more than the kill that follows.
    private async Task<string> ExplainAsync(WorkerProcess process, Task<string>? broken)
    {
        await Task.WhenAny(process.Exited, Task.Delay(TimeSpan.FromMilliseconds(100), time));
        var isDead = process.Exited.IsCompleted;
        var exit = await process.BuryAsync();
        return isDead || broken is null ? exit : await broken;
    }

    private (WorkerError Error, string Reason)? FindRefusal(ModelInput input)
    {
        if (input.Arguments != settings.Arguments)
            return (WorkerError.Model, $"the input has [{input.Arguments}] tensors, the model was started for [{settings.Arguments}]");
        if (!new RequestHeader(0, input.Rows, input.Length, input.Arguments).Fits)
            return (WorkerError.Model, $"[{input.Rows}] rows of [{input.Length}] tokens are more than [{RequestHeader.MaxValueBytes}] bytes");
        return _quarantine.Refuses(input)
            ? (WorkerError.Quarantined, "this input was in flight in two crashes of the inference process and is refused")
            : null;
    }

    private readonly record struct WorkerEnd(string Reason, bool IsFinal);
}
