using System.Diagnostics.CodeAnalysis;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// The requests a worker has not answered yet. Whoever takes a request out of here completes it, so each is completed exactly once. A timer that is
/// armed only while requests run watches the oldest one.
/// </summary>
internal sealed class PendingRequests : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Pending> _requests = [];
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ITimer _watchdog;
    private readonly TaskCompletionSource _overdue = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _emptied;
    private long _lastId;
    private bool _isWatching;
    private bool _isClosed;

    public PendingRequests(TimeSpan limit, TimeProvider time)
    {
        _limit = limit;
        _time = time;
        _watchdog = time.CreateTimer(_ => Watch(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when a request runs past the limit.</summary>
    public Task Overdue => _overdue.Task;

    /// <summary>Adds a request.</summary>
    /// <returns>False when closed.</returns>
    public bool TryAdd(WorkerRequest request, out long id)
    {
        lock (_gate)
        {
            id = ++_lastId;
            if (_isClosed)
                return false;
            _requests.Add(id, new(request, _time.GetTimestamp()));
            if (!_isWatching)
            {
                _isWatching = true;
                _watchdog.Change(_limit, Timeout.InfiniteTimeSpan);
            }
            return true;
        }
    }

    /// <summary>Takes a request, to be completed by the caller.</summary>
    public bool TryTake(long id, [MaybeNullWhen(false)] out WorkerRequest request)
    {
        lock (_gate)
        {
            var isKnown = _requests.Remove(id, out var pending);
            request = pending.Request;
            if (_requests.Count == 0)
                _emptied?.TrySetResult();
            return isKnown;
        }
    }

    /// <summary>Ends when no request is pending.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            if (_requests.Count == 0)
                return Task.CompletedTask;
            _emptied ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _emptied.Task;
        }
    }

    /// <summary>Lets no request in any more and takes all that are there, to be completed by the caller.</summary>
    /// <returns>Each request, and whether it may have caused a crash: one that is overdue has, else all are suspects.</returns>
    public List<(WorkerRequest Request, bool IsSuspect)> Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            var taken = _requests.Values.Select(pending => (pending.Request, !Overdue.IsCompleted || IsOverdue(pending))).ToList();
            _requests.Clear();
            _emptied?.TrySetResult();
            return taken;
        }
    }

    public void Dispose() => _watchdog.Dispose();

    private void Watch()
    {
        lock (_gate)
        {
            _isWatching = _requests.Count > 0 && !_isClosed;
            if (!_isWatching)
                return;
            var oldest = _requests.Values.MinBy(pending => pending.Since);
            if (IsOverdue(oldest))
                _overdue.TrySetResult();
            else
                _watchdog.Change(_limit - _time.GetElapsedTime(oldest.Since), Timeout.InfiniteTimeSpan);
        }
    }

    private bool IsOverdue(Pending pending) => _time.GetElapsedTime(pending.Since) >= _limit;

    private readonly record struct Pending(WorkerRequest Request, long Since);
}
