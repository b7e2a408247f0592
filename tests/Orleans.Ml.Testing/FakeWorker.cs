using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Testing;

/// <summary>
/// Stands in for a worker process. It does what its test says: gets ready or not, holds requests or answers them from a thread of its own,
/// dies, gives up. The answer to a document is its own numbers.
/// </summary>
internal sealed class FakeWorker : IModelWorker
{
    private readonly IModelWorkerObserver _observer;
    private readonly FakeWorkerFactory _factory;
    private readonly Lock _state = new();

    // One call at a time, as the contract says.
    private readonly Lock _calls = new();
    private readonly HashSet<WorkerRequest> _inFlight = [];
    private readonly Channel<WorkerRequest> _received = Channel.CreateUnbounded<WorkerRequest>();
    private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
    private readonly BlockingCollection<WorkerRequest> _toAnswer = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isReady;

    public FakeWorker(WorkerSettings settings, IModelWorkerObserver observer, FakeWorkerFactory factory)
    {
        Settings = settings;
        _observer = observer;
        _factory = factory;
        Allocations = settings.Allocations;
    }

    public WorkerSettings Settings { get; }

    public int Allocations { get; private set; }

    /// <summary>Most requests that were in the worker at once.</summary>
    public int PeakInFlight { get; private set; }

    /// <summary>Set to let <see cref="SetAllocationsAsync"/> throw.</summary>
    public Exception? AllocationsFailure { get; set; }

    /// <summary>Awaited by <see cref="SetAllocationsAsync"/> before it does anything.</summary>
    public Task AllocationsGate { get; set; } = Task.CompletedTask;

    public Task Started => _started.Task;

    public Task Disposed => _disposed.Task;

    public void Start()
    {
        if (_factory.AnswersByItself)
            new Thread(AnswerAll) { IsBackground = true, Name = "fake-worker" }.Start();
        _started.TrySetResult();
        if (_factory.GetsReadyByItself)
            _ = Task.Run(() => Ready());
    }

    /// <summary>A process is ready.</summary>
    public void Ready(int? allocations = null)
    {
        lock (_calls)
        {
            lock (_state)
            {
                _isReady = !_disposed.Task.IsCompleted;
                Allocations = allocations ?? Math.Min(Allocations, _factory.MaxAllocations);
            }

            _observer.OnReady(new(Allocations, Settings.ThreadsPerAllocation, TimeSpan.FromMilliseconds(1), new(1000, 2000)));
        }
    }

    /// <summary>The process dies with everything in it; another one is started.</summary>
    public void Crash(string reason)
    {
        lock (_calls)
        {
            FailAll(WorkerError.Died, Died(reason));
            _observer.OnCrashed(reason);
        }
    }

    /// <summary>Nothing is started any more.</summary>
    public void GiveUp(string reason)
    {
        lock (_calls)
        {
            FailAll(WorkerError.Died, Died(reason));
            _observer.OnFailed(reason);
        }
    }

    /// <summary>The next request that came, when the worker does not answer by itself.</summary>
    public async Task<WorkerRequest> ReceiveAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>The next request if one is there.</summary>
    public bool TryReceive([NotNullWhen(true)] out WorkerRequest? request) => _received.Reader.TryRead(out request);

    /// <summary>Whether a request came that was not received yet.</summary>
    public bool HasUnreceived => _received.Reader.TryPeek(out _);

    /// <summary>The next number of allocations it was asked for live.</summary>
    public async Task<int> AskedAllocationsAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Answers with the document's own numbers.</summary>
    public void Answer(WorkerRequest request, double milliseconds = 1)
    {
        lock (_calls)
        {
            if (!TryEnd(request))
                return;
            Span<float> values = stackalloc float[request.Input.Values.Length];
            for (var i = 0; i < values.Length; i++)
                values[i] = request.Input.Values[i];
            request.OnOutput(new ModelOutput(values, 1, 1, values.Length), TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(WorkerRequest request, WorkerError error, string reason)
    {
        lock (_calls)
        {
            if (TryEnd(request))
                request.OnError(error, reason);
        }
    }

    public bool TrySend(WorkerRequest request)
    {
        lock (_state)
        {
            if (!_isReady)
                return false;
            _inFlight.Add(request);
            PeakInFlight = Math.Max(PeakInFlight, _inFlight.Count);
            if (_factory.AnswersByItself)
                _toAnswer.Add(request, CancellationToken.None);
            else
                _received.Writer.TryWrite(request);
            return true;
        }
    }

    public async Task<int> SetAllocationsAsync(int allocations, CancellationToken cancellationToken)
    {
        _asked.Writer.TryWrite(allocations);
        await AllocationsGate.WaitAsync(cancellationToken);
        if (AllocationsFailure is { } failure)
            throw failure;
        return Allocations = Math.Min(allocations, _factory.MaxAllocations);
    }

    public Task<WorkerMemory?> GetMemoryAsync(CancellationToken cancellationToken) => Task.FromResult<WorkerMemory?>(new(3000, 4000));

    public ValueTask DisposeAsync()
    {
        lock (_calls)
        {
            FailAll(WorkerError.Stopping, "inference canceled as process is stopping");
            _disposed.TrySetResult();
        }

        _toAnswer.CompleteAdding();
        return ValueTask.CompletedTask;
    }

    // The supervisor's words.
    private static string Died(string reason) => $"inference native process died unexpectedly with failure [{reason}]";

    private void AnswerAll()
    {
        foreach (var request in _toAnswer.GetConsumingEnumerable())
            Answer(request);
    }

    private void FailAll(WorkerError error, string reason)
    {
        WorkerRequest[] all;
        lock (_state)
        {
            _isReady = false;
            all = [.. _inFlight];
            _inFlight.Clear();
        }

        foreach (var request in all)
            request.OnError(error, reason);
    }

    private bool TryEnd(WorkerRequest request)
    {
        lock (_state)
            return _inFlight.Remove(request);
    }
}

/// <summary>Makes fake workers, and hands them to the test.</summary>
internal sealed class FakeWorkerFactory : IModelWorkerFactory
{
    private readonly Channel<FakeWorker> _made = Channel.CreateUnbounded<FakeWorker>();

    /// <summary>Whether a started worker is ready without further ado.</summary>
    public bool GetsReadyByItself { get; set; } = true;

    /// <summary>Whether requests are answered from the worker's own thread; otherwise they wait for <see cref="FakeWorker.ReceiveAsync"/>.</summary>
    public bool AnswersByItself { get; set; }

    /// <summary>More than this no worker runs.</summary>
    public int MaxAllocations { get; set; } = int.MaxValue;

    /// <summary>The next worker that was made.</summary>
    public async Task<FakeWorker> NextAsync() => await _made.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Whether a worker was made that was not taken yet.</summary>
    public bool HasNext => _made.Reader.TryPeek(out _);

    public IModelWorker Create(WorkerSettings settings, IModelWorkerObserver observer)
    {
        var worker = new FakeWorker(settings, observer, this);
        _made.Writer.TryWrite(worker);
        return worker;
    }
}
