using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference;

/// <summary>Counters of one life of a worker process. Rules: deployment-runtime.md §6.5; windows of 60 s count from the start of the process.</summary>
internal sealed class ModelStatistics(TimeProvider time, int threadsPerAllocation)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly DateTimeOffset _startTime = time.GetUtcNow();
    private readonly long _start = time.GetTimestamp();
    private Minute _current;
    private Minute _last = new(-1, 0, TimeSpan.Zero);
    private long _peak;
    private long _inferences;
    private long _errors;
    private long _rejected;
    private long _timeouts;
    private TimeSpan _inferenceTime;
    private DateTimeOffset? _lastAccess;

    /// <summary>A result went to its caller.</summary>
    public void OnInference(TimeSpan inferenceTime)
    {
        lock (_gate)
        {
            CloseWindow();
            _current = new(_current.Index, _current.Inferences + 1, _current.InferenceTime + inferenceTime);
            _inferences++;
            _inferenceTime += inferenceTime;
            _lastAccess = time.GetUtcNow();
        }
    }

    /// <summary>The worker gave an error.</summary>
    public void OnError() => Interlocked.Increment(ref _errors);

    /// <summary>The queue refused documents.</summary>
    public void OnRejected(int documents) => Interlocked.Add(ref _rejected, documents);

    /// <summary>Documents timed out or were cancelled.</summary>
    public void OnGivenUp(int documents) => Interlocked.Add(ref _timeouts, documents);

    /// <summary>The counters now.</summary>
    public LoadedModelStats Read(string deploymentId, int pendingRequests, int currentAllocations, long memoryBytes)
    {
        lock (_gate)
        {
            CloseWindow();
            var last = _last.Index == _current.Index - 1 ? _last : default;
            return new(
                deploymentId,
                _inferences,
                _inferenceTime.TotalMilliseconds,
                _lastAccess,
                pendingRequests,
                Interlocked.Read(ref _errors),
                Interlocked.Read(ref _rejected),
                Interlocked.Read(ref _timeouts),
                _startTime,
                threadsPerAllocation,
                currentAllocations,
                _peak,
                last.Inferences,
                last.InferenceTime.TotalMilliseconds,
                memoryBytes);
        }
    }

    private void CloseWindow()
    {
        var index = time.GetElapsedTime(_start).Ticks / Window.Ticks;
        if (index == _current.Index)
            return;
        _last = _current;
        _peak = Math.Max(_peak, _current.Inferences);
        _current = new(index, 0, TimeSpan.Zero);
    }

    private readonly record struct Minute(long Index, long Inferences, TimeSpan InferenceTime);
}
