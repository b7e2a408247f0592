using System.Runtime.InteropServices;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference;

/// <summary>
/// One call with its documents. Completes exactly once: with all results, with the first error in document order, at its deadline, or when it
/// is cancelled. Whoever awaits it continues elsewhere, never on the engine's threads.
/// </summary>
internal sealed class InferenceCall : TaskCompletionSource<InferenceReply>
{
    // About 250 tokens, 10 to 50 us by tokenizer (docs/benchmarks.md).
    private const int LongestQuickText = 1024;

    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly InferenceInput _input;
    private readonly QueuedDocument[] _documents;
    private readonly InferenceResult?[] _results;
    private ITimer? _deadline;
    private CancellationTokenRegistration _cancellation;
    private NlpTask? _task;
    private InferenceReply? _failure;
    private int _failedIndex = int.MaxValue;
    private int _firstOpen;
    private bool _isArmed;

    /// <summary>Makes a call whose slots are taken.</summary>
    public InferenceCall(LoadedModel model, InferenceInput input, long startedAt)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Model = model;
        StartedAt = startedAt;
        _input = input;
        _results = new InferenceResult?[input.Texts.Length];
        _documents = new QueuedDocument[input.Texts.Length];
        for (var i = 0; i < _documents.Length; i++)
            _documents[i] = new(this, i);
    }

    /// <summary>The model it asks.</summary>
    public LoadedModel Model { get; }

    /// <summary>When it was queued, by the engine's clock.</summary>
    public long StartedAt { get; }

    /// <summary>Its documents, in order.</summary>
    public ReadOnlySpan<QueuedDocument> Documents => _documents;

    /// <summary>The model's task with this call's overrides. Known once a document is prepared.</summary>
    public NlpTask? BoundTask => _task;

    /// <summary>Whether its text work takes no longer than waking a thread for it would.</summary>
    public bool IsQuickToPrepare => _documents.Length == 1 && _input.Update is null && _input.Texts[0].Length <= LongestQuickText;

    /// <summary>Text work before the model; called by one thread at a time.</summary>
    /// <exception cref="MlException">The overrides or the text do not fit.</exception>
    public PreparedDocument Prepare(int index, NlpModel model) => (_task ??= model.Bind(_input.Update)).Prepare(_input.Texts[index]);

    /// <summary>Starts the clock, and listens for the caller to give up.</summary>
    public void Arm(TimeProvider time, CancellationToken cancellationToken)
    {
        if (Task.IsCompleted)
            return;
        if (_input.Timeout != Timeout.InfiniteTimeSpan)
        {
            var due = _input.Timeout < LongestTimer ? _input.Timeout : LongestTimer;
            _deadline = time.CreateTimer(static call => ((InferenceCall)call!).OnDeadline(), this, due, Timeout.InfiniteTimeSpan);
        }

        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static call => ((InferenceCall)call!).OnCancelled(), this);

        // Whoever brings the answer looks at this after completing the call, and we look at the call after setting it: one of us disarms.
        Interlocked.Exchange(ref _isArmed, true);
        if (Task.IsCompleted)
            Disarm();
    }

    /// <summary>A document has its result.</summary>
    /// <returns>False when the call was over already: the result comes too late and counts for nothing.</returns>
    public bool TryAccept(int index, InferenceResult result)
    {
        if (_documents.Length == 1)
        {
            _results[0] = result;
            return TryComplete(AllResults());
        }

        lock (_results)
        {
            if (Task.IsCompleted)
                return false;
            _results[index] = result;
            return Advance() is not { } reply || TryComplete(reply);
        }
    }

    /// <summary>A document has failed. The call's documents after it leave; those before it go on, because one of them may be the first error.</summary>
    public void Fail(int index, InferenceReply failure)
    {
        if (_documents.Length == 1)
        {
            TryComplete(failure);
            return;
        }

        lock (_results)
        {
            if (Task.IsCompleted || index > _failedIndex)
                return;
            _failedIndex = index;
            _failure = failure;
        }

        AbandonAfter(index);
        lock (_results)
        {
            if (Advance() is { } reply)
                TryComplete(reply);
        }
    }

    /// <summary>The documents after a failed one leave the queue, or are forgotten in the worker.</summary>
    public void AbandonAfter(int index)
    {
        if (index < _documents.Length - 1)
            Model.Abandon(_documents.AsSpan(index + 1));
    }

    /// <summary>Completes the call, unless it is complete.</summary>
    public bool TryComplete(InferenceReply reply)
    {
        if (!TrySetResult(reply))
            return false;
        if (Interlocked.CompareExchange(ref _isArmed, false, false))
            Disarm();
        return true;
    }

    private InferenceReply? Advance()
    {
        while (_firstOpen < _results.Length && _results[_firstOpen] is not null)
            _firstOpen++;
        return _firstOpen == _results.Length ? AllResults() : _firstOpen >= _failedIndex ? _failure : null;
    }

    private InferenceReply AllResults() =>
        InferenceReply.Ok(ImmutableCollectionsMarshal.AsImmutableArray(_results)!, _task!.ResultsField, Model.Queue.Depth);

    private void OnDeadline() => GiveUp(Replies.TimedOut(_input.Timeout));

    private void OnCancelled() => GiveUp(Replies.Cancelled);

    private void GiveUp(InferenceReply reply)
    {
        if (Task.IsCompleted)
            return;
        // First out of the queue, so that whoever sees the reply finds the slots free.
        Model.Abandon(_documents);
        lock (_results)
        {
            var unanswered = _documents.Length == 1 ? 1 : _results.Count(r => r is null);
            if (TryComplete(reply))
                Model.OnGivenUp(unanswered);
        }
    }

    private void Disarm()
    {
        _deadline?.Dispose();
        _cancellation.Unregister();
    }
}
