using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference;

/// <summary>
/// A model that serves on this node: its queue, its worker, and the thread between them. When the worker is free and there is one short text, the
/// caller's thread prepares and sends it; otherwise it only queues, the dispatcher's thread prepares text ahead, and the worker's reader thread sends
/// the next document before it looks at the answer to the last one, because the time between two forward passes is what throughput depends on.
/// </summary>
internal sealed partial class LoadedModel : IModelWorkerObserver
{
    private readonly TaskParameters _parameters;
    private readonly ModelFiles _files;
    private readonly TimeProvider _time;
    private readonly InferenceMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Action _onChanged;
    private readonly IModelWorker _worker;
    private readonly Dispatcher _dispatcher;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly InferenceReply _fullReply;
    private readonly InferenceReply _stoppingReply;
    private ModelStatistics _statistics;
    private WorkerMemory? _memory;

    /// <summary>Makes it; nothing runs before <see cref="StartAsync"/>.</summary>
    public LoadedModel(
        TaskParameters parameters,
        int allocations,
        ModelFiles files,
        IModelWorkerFactory workers,
        TimeProvider time,
        InferenceMetrics metrics,
        ILogger logger,
        Action onChanged)
    {
        _parameters = parameters;
        _files = files;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _onChanged = onChanged;
        Queue = new(parameters.QueueCapacity);
        Allocations = allocations;
        _fullReply = Replies.Rejected(parameters.DeploymentId, parameters.QueueCapacity);
        _stoppingReply = Replies.Stopping(parameters.DeploymentId);
        _statistics = new(time, parameters.ThreadsPerAllocation);
        _worker = workers.Create(
            new(
                parameters.DeploymentId,
                files.ArchivePath,
                allocations,
                parameters.ThreadsPerAllocation,
                IsLowPriority: parameters.Priority == Priority.Low,
                files.Model.Arguments,
                files.Model.PadTokenId,
                files.Model.MaxLength,
                WorkerMemoryLimit.Bytes(parameters, allocations, files.Model.MaxLength)),
            this);
        _dispatcher = new(Queue, files.Model, _worker, time, metrics, Refusal, logger);
    }

    /// <summary>The deployment.</summary>
    public string DeploymentId => _parameters.DeploymentId;

    /// <summary>What waits and what runs.</summary>
    public RequestQueue Queue { get; }

    /// <summary>Effective number of allocations, as the worker reported.</summary>
    public int Allocations { get; private set; }

    /// <summary>Counts the worker's processes that became ready.</summary>
    public int WorkerLives { get; private set; }

    /// <summary>Why the worker was given up; null while it was not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Memory of the worker as last heard, in bytes; 0 when unknown.</summary>
    public long MemoryBytes => Volatile.Read(ref _memory)?.ResidentBytes ?? 0;

    /// <summary>Starts the worker and waits until it serves.</summary>
    /// <exception cref="MlException">The model cannot be loaded; the message is the worker's reason.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _dispatcher.Start();
        _worker.Start();
        await _ready.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Runs documents through the model. Expected outcomes are values.</summary>
    public ValueTask<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken)
    {
        var documents = input.Texts.Length;
        if (documents == 0)
            return new(Replies.NoDocuments);
        var isOver = input.Timeout <= TimeSpan.Zero && input.Timeout != Timeout.InfiniteTimeSpan;
        if (isOver || cancellationToken.IsCancellationRequested)
        {
            OnGivenUp(documents);
            return new(isOver ? Replies.TimedOut(input.Timeout) : Replies.Cancelled);
        }

        if (!Queue.TryReserve(documents))
            return new(Reject(documents));
        var call = new InferenceCall(this, input, _time.GetTimestamp());
        if (!Queue.TryEnqueue(call.Documents, call.IsQuickToPrepare, out var own))
            return new(Refusal());
        if (own is not null)
            _dispatcher.PrepareAndSend(own);
        // The worker or the dispatcher is at work already while this thread sets the alarm.
        call.Arm(_time, cancellationToken);
        return new(call.Task);
    }

    /// <summary>Asks the worker to run another number of allocations.</summary>
    /// <returns>The number it now runs.</returns>
    public async Task<int> SetAllocationsAsync(int allocations, CancellationToken cancellationToken)
    {
        Allocations = await _worker.SetAllocationsAsync(allocations, cancellationToken);
        Queue.SetAllocations(Allocations);
        return Allocations;
    }

    /// <summary>Asks the worker for its memory and remembers it.</summary>
    public async Task RefreshMemoryAsync(CancellationToken cancellationToken)
    {
        if (await _worker.GetMemoryAsync(cancellationToken) is { } memory)
            Volatile.Write(ref _memory, memory);
    }

    /// <summary>The counters of the worker's present life.</summary>
    public LoadedModelStats ReadStatistics() =>
        _statistics.Read(DeploymentId, Queue.Depth + Queue.InFlight, Allocations, MemoryBytes);

    /// <summary>Answers everything that still waits and accepts nothing more.</summary>
    public void Close()
    {
        foreach (var document in Queue.Close())
            document.Call.Fail(document.Index, Refusal());
    }

    /// <summary>Ends the worker and removes the local copy of the model.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await _worker.DisposeAsync();
        await _files.DisposeAsync();
    }

    /// <inheritdoc/>
    public void OnReady(WorkerReady ready)
    {
        Allocations = ready.Allocations;
        WorkerLives++;
        Volatile.Write(ref _memory, ready.Memory);
        _statistics = new(_time, ready.ThreadsPerAllocation);
        Queue.OnWorkerReady(ready.Allocations);
        _metrics.OnLoaded(DeploymentId, ready.LoadTime);
        _ready.TrySetResult();
        _onChanged();
    }

    /// <inheritdoc/>
    public void OnCrashed(string reason)
    {
        Queue.OnWorkerGone();
        _metrics.OnCrashed(DeploymentId);
        LogCrashed(DeploymentId, reason);
    }

    /// <inheritdoc/>
    public void OnFailed(string reason)
    {
        Failure = reason;
        Queue.OnWorkerGone();
        if (!_ready.TrySetException(new MlException(MlErrorKind.ModelFailed, reason)))
        {
            LogGivenUp(DeploymentId, reason);
            Close();
        }

        _onChanged();
    }

    /// <summary>The worker answered a document; called on its reader thread.</summary>
    public void OnOutput(QueuedDocument document, in ModelOutput output, TimeSpan inferenceTime)
    {
        var isAwaited = Queue.OnAnswered(document, out var next);
        _dispatcher.Send(next);
        Queue.PrepareAhead();
        if (!isAwaited)
            return;
        InferenceResult result;
        try
        {
            result = document.Call.BoundTask!.Interpret(document.Prepared!, output);
        }
#pragma warning disable CA1031 // The reader thread must live: whatever one answer does, the others are waiting behind it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (exception is not MlException)
                LogTextWorkFailed(DeploymentId, exception);
            _statistics.OnError();
            document.Call.Fail(document.Index, Replies.Of(exception));
            return;
        }

        if (document.Call.TryAccept(document.Index, result))
        {
            _statistics.OnInference(inferenceTime);
            _metrics.OnInference(DeploymentId, inferenceTime);
        }
    }

    /// <summary>The worker has no answer for a document.</summary>
    public void OnError(QueuedDocument document, WorkerError error, string reason)
    {
        // Before the place goes on: it is not for the documents of a call that has failed.
        document.Call.AbandonAfter(document.Index);
        var isAwaited = Queue.OnAnswered(document, out var next);
        _dispatcher.Send(next);
        Queue.PrepareAhead();
        if (!isAwaited)
            return;
        _statistics.OnError();
        _metrics.OnError(DeploymentId);
        document.Call.Fail(document.Index, Replies.Of(error, reason));
    }

    /// <summary>Nobody waits for these documents any more.</summary>
    public void Abandon(ReadOnlySpan<QueuedDocument> documents) => Queue.Abandon(documents);

    /// <summary>A call timed out or was cancelled with this many documents unanswered.</summary>
    public void OnGivenUp(int documents)
    {
        _statistics.OnGivenUp(documents);
        _metrics.OnGivenUp(DeploymentId, documents);
    }
    private InferenceReply Reject(int documents)
    {
        _statistics.OnRejected(documents);
        _metrics.OnRejected(DeploymentId, documents);
        var depth = Queue.Depth;
        return depth == Queue.Capacity ? _fullReply : Replies.Rejected(DeploymentId, Queue.Capacity, depth, documents);
    }

    private InferenceReply Refusal() => Failure is { } reason ? Replies.GivenUp(reason) : _stoppingReply;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker of deployment {DeploymentId} died and is started again: {Reason}")]
    private partial void LogCrashed(string deploymentId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The worker of deployment {DeploymentId} is given up: {Reason}")]
    private partial void LogGivenUp(string deploymentId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Text work after the model failed in deployment {DeploymentId}; the document has no result")]
    private partial void LogTextWorkFailed(string deploymentId, Exception exception);
}
