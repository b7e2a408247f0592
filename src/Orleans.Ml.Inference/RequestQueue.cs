namespace Orleans.Ml.Inference;

/// <summary>
/// The documents of one deployment on one node, first in, first out: waiting, prepared ahead, or in the worker. Slots bound those that wait;
/// allocations bound those in the worker. Holds no thread of its own and never calls out, so its gate is held for moments only.
/// </summary>
internal sealed class RequestQueue(int capacity)
{
    // The socket's buffer holds this many requests of usual size, so a caller's thread never waits for a worker that does not read.
    private const int MostInFlightForCallers = 8;

    // A monitor, not a Lock: the dispatcher sleeps on it.
    private readonly object _gate = new();
    private readonly LinkedList<QueuedDocument> _waiting = new();
    private readonly LinkedList<QueuedDocument> _prepared = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QueuedDocument? _preparing;
    private long _numbers;
    private int _slots;
    private int _inFlight;
    private int _allocations;
    private int _workerLife;
    private bool _isWorkerReady;
    private bool _isRefusing;
    private bool _isClosed;
    private bool _isDispatcherAsleep;

    /// <summary>How many documents may wait.</summary>
    public int Capacity => capacity;

    /// <summary>How many documents wait: slots taken.</summary>
    public int Depth => Volatile.Read(ref _slots);

    /// <summary>How many documents are in the worker.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Completes when <see cref="Refuse"/> was called and nothing waits any more.</summary>
    public Task WhenDrained => _drained.Task;

    /// <summary>Completes when <see cref="Close"/> was called and nothing is in the worker any more.</summary>
    public Task WhenIdle => _idle.Task;

    /// <summary>Takes slots, all or none. The way out when the queue is full: no lock, no allocation.</summary>
    public bool TryReserve(int documents)
    {
        var taken = Volatile.Read(ref _slots);
        while (true)
        {
            if (documents > capacity - taken)
                return false;
            var seen = Interlocked.CompareExchange(ref _slots, taken + documents, taken);
            if (seen == taken)
                return true;
            taken = seen;
        }
    }

    /// <summary>Appends documents whose slots are taken.</summary>
    /// <param name="documents">In their order.</param>
    /// <param name="mayPrepare">Whether the caller would prepare the only one itself.</param>
    /// <param name="own">The only one when the caller may prepare it and the worker is free for it now: that saves waking the dispatcher.</param>
    /// <returns>False when nothing is accepted any more; the slots are free again.</returns>
    public bool TryEnqueue(ReadOnlySpan<QueuedDocument> documents, bool mayPrepare, out QueuedDocument? own)
    {
        own = null;
        lock (_gate)
        {
            if (!_isRefusing)
            {
                foreach (var document in documents)
                {
                    document.Number = _numbers++;
                    _waiting.AddLast(document.Node);
                }

                if (mayPrepare && _waiting.Count == documents.Length && _prepared.Count == 0 && IsWorkerFree && _inFlight < MostInFlightForCallers)
                    own = TakePreparable();
                WakeDispatcher();
                return true;
            }
        }

        foreach (var document in documents)
            FreeSlot(document);
        return false;
    }

    /// <summary>
    /// Blocks until there is something for the dispatcher: a document to send (<see cref="DocumentStage.InFlight"/>) or one to prepare
    /// (<see cref="DocumentStage.Preparing"/>). Null when the queue is closed.
    /// </summary>
    public QueuedDocument? WaitForWork()
    {
        lock (_gate)
        {
            while (!_isClosed)
            {
                if (TakeSendable() is { } sendable)
                    return sendable;
                if (TakePreparable() is { } document)
                    return document;
                _isDispatcherAsleep = true;
                Monitor.Wait(_gate);
                _isDispatcherAsleep = false;
            }

            return null;
        }
    }

    /// <summary>Its text work is done.</summary>
    /// <returns>A document to send now, if there is one.</returns>
    public QueuedDocument? OnPrepared(QueuedDocument document)
    {
        lock (_gate)
        {
            _preparing = null;
            if (document.IsAbandoned)
            {
                document.Stage = DocumentStage.Ended;
            }
            else
            {
                document.Stage = DocumentStage.Prepared;
                _prepared.AddLast(document.Node);
            }

            var sendable = TakeSendable();
            WakeDispatcher();
            return sendable;
        }
    }

    /// <summary>The worker has it: it waits no more.</summary>
    public void OnSent(QueuedDocument document) => FreeSlot(document);

    /// <summary>No worker was ready: the document goes back to its place.</summary>
    /// <returns>False when the queue is closed or nobody waits for the document: it has ended.</returns>
    public bool TryPutBack(QueuedDocument document)
    {
        lock (_gate)
        {
            _inFlight--;
            // Another process may have become ready since it was taken; then that one is good.
            if (document.WorkerLife == _workerLife)
                _isWorkerReady = false;
            var isBack = !_isClosed && !document.IsAbandoned;
            if (isBack)
            {
                document.Stage = DocumentStage.Prepared;
                var next = _prepared.First;
                while (next is not null && next.Value.Number < document.Number)
                    next = next.Next;
                if (next is null)
                    _prepared.AddLast(document.Node);
                else
                    _prepared.AddBefore(next, document.Node);
                WakeDispatcher();
            }
            else
            {
                document.Stage = DocumentStage.Ended;
                FreeSlot(document);
            }

            SignalWaiters();
            return isBack;
        }
    }

    /// <summary>The worker is done with a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="next">A document to send now, if there is one.</param>
    /// <returns>Whether anybody still waits for it.</returns>
    public bool OnAnswered(QueuedDocument document, out QueuedDocument? next)
    {
        // The answer can overtake the return of the send.
        FreeSlot(document);
        lock (_gate)
        {
            _inFlight--;
            document.Stage = DocumentStage.Ended;
            next = TakeSendable();
            SignalWaiters();
            return !document.IsAbandoned;
        }
    }

    /// <summary>Lets the dispatcher prepare ahead. Apart from <see cref="OnAnswered"/>, so that waking a thread comes after sending.</summary>
    public void PrepareAhead()
    {
        if (!Volatile.Read(ref _isDispatcherAsleep))
            return;
        lock (_gate)
            WakeDispatcher();
    }

    /// <summary>Nobody waits for these documents any more: those that wait leave at once, those in the worker are forgotten.</summary>
    public void Abandon(ReadOnlySpan<QueuedDocument> documents)
    {
        lock (_gate)
        {
            foreach (var document in documents)
                Leave(document);

            // The place of a prepared document can be another's.
            WakeDispatcher();
            SignalWaiters();
        }
    }

    /// <summary>A worker process is ready and runs this many documents at once.</summary>
    public void OnWorkerReady(int allocations)
    {
        lock (_gate)
        {
            _workerLife++;
            _isWorkerReady = true;
            _allocations = allocations;
            WakeDispatcher();
        }
    }

    /// <summary>The worker process is gone; what waits goes on waiting for the next one.</summary>
    public void OnWorkerGone()
    {
        lock (_gate)
            _isWorkerReady = false;
    }

    /// <summary>The worker runs another number of documents at once.</summary>
    public void SetAllocations(int allocations)
    {
        lock (_gate)
        {
            _allocations = allocations;
            WakeDispatcher();
        }
    }

    /// <summary>Accepts nothing new. Idempotent.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _isRefusing = true;
            SignalWaiters();
        }
    }

    /// <summary>Accepts and sends nothing any more, and ends the dispatcher's wait. Idempotent.</summary>
    /// <returns>The documents that waited, in order; they have left.</returns>
    public List<QueuedDocument> Close()
    {
        lock (_gate)
        {
            _isRefusing = _isClosed = true;
            List<QueuedDocument> left = [.. _prepared, .. _waiting];
            if (_preparing is { IsAbandoned: false })
                left.Add(_preparing);
            foreach (var document in left)
                Leave(document);
            WakeDispatcher();
            SignalWaiters();
            return left;
        }
    }

    // As many as there are allocations: each finds its next document ready, and hardly any work is done for callers who give up.
    // One at a time, by the dispatcher or by a caller, so that they stay in order.
    private bool CanPrepare => _preparing is null && _waiting.Count > 0 && _prepared.Count < Math.Max(1, _allocations);

    private bool IsWorkerFree => _isWorkerReady && _inFlight < _allocations;

    private QueuedDocument? TakePreparable()
    {
        if (_isClosed || !CanPrepare)
            return null;
        var document = _waiting.First!.Value;
        _waiting.RemoveFirst();
        document.Stage = DocumentStage.Preparing;
        return _preparing = document;
    }

    private QueuedDocument? TakeSendable()
    {
        if (_isClosed || !IsWorkerFree || _prepared.First is not { } first)
            return null;
        _prepared.RemoveFirst();
        _inFlight++;
        first.Value.Stage = DocumentStage.InFlight;
        first.Value.WorkerLife = _workerLife;
        SignalWaiters();
        return first.Value;
    }

    private void Leave(QueuedDocument document)
    {
        document.IsAbandoned = true;
        // What is being prepared or runs ends when its thread says so.
        if (document.Stage is DocumentStage.Waiting or DocumentStage.Prepared)
        {
            document.Node.List?.Remove(document.Node);
            document.Stage = DocumentStage.Ended;
        }

        FreeSlot(document);
    }

    private void FreeSlot(QueuedDocument document)
    {
        if (document.TryGiveUpSlot())
            Interlocked.Decrement(ref _slots);
    }

    private void WakeDispatcher()
    {
        if (_isDispatcherAsleep && (_isClosed || CanPrepare || (IsWorkerFree && _prepared.Count > 0)))
            Monitor.Pulse(_gate);
    }

    private void SignalWaiters()
    {
        if (_isRefusing && _waiting.Count == 0 && _prepared.Count == 0 && _preparing is null or { IsAbandoned: true })
            _drained.TrySetResult();
        if (_isClosed && _inFlight == 0)
            _idle.TrySetResult();
    }
}
