using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference;

/// <summary>Where a document is on its way through a node. Guarded by the queue's gate.</summary>
internal enum DocumentStage
{
    /// <summary>In the queue, its text untouched.</summary>
    Waiting,

    /// <summary>A thread is at its text.</summary>
    Preparing,

    /// <summary>In the queue, ready for the model.</summary>
    Prepared,

    /// <summary>Being sent to the worker, or in it.</summary>
    InFlight,

    /// <summary>Done with, whatever became of it.</summary>
    Ended,
}

/// <summary>One document of a call: it waits in the queue, then it is the worker's request.</summary>
internal sealed class QueuedDocument : WorkerRequest
{
    private int _holdsSlot = 1;

    /// <summary>Makes a document that holds a slot of the queue already.</summary>
    public QueuedDocument(InferenceCall call, int index)
    {
        Call = call;
        Index = index;
        Node = new(this);
    }

    /// <summary>The call it belongs to.</summary>
    public InferenceCall Call { get; }

    /// <summary>Its place in the call.</summary>
    public int Index { get; }

    /// <summary>What the text became; null before.</summary>
    public PreparedDocument? Prepared { get; set; }

    /// <summary>Its link in one of the queue's lists.</summary>
    public LinkedListNode<QueuedDocument> Node { get; }

    /// <summary>Where it is. Guarded by the queue's gate.</summary>
    public DocumentStage Stage { get; set; }

    /// <summary>Nobody waits for it any more: never send it, drop its result. Guarded by the queue's gate.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Counts up along the queue. Guarded by the queue's gate.</summary>
    public long Number { get; set; }

    /// <summary>The worker's life it was sent in. Guarded by the queue's gate.</summary>
    public int WorkerLife { get; set; }

    /// <inheritdoc/>
    public override ModelInput Input => Prepared!.Input;

    /// <summary>Gives up the slot; true for the first caller only, who must free it.</summary>
    public bool TryGiveUpSlot() => Interlocked.Exchange(ref _holdsSlot, 0) == 1;

    /// <inheritdoc/>
    public override void OnOutput(in ModelOutput output, TimeSpan inferenceTime) => Call.Model.OnOutput(this, output, inferenceTime);

    /// <inheritdoc/>
    public override void OnError(WorkerError error, string reason) => Call.Model.OnError(this, error, reason);
}
