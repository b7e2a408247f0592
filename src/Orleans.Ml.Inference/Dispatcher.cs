using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference;

/// <summary>
/// Moves documents from a queue to a worker: text work ahead on a thread of its own, sending on whichever thread finds room in the worker.
/// </summary>
internal sealed partial class Dispatcher(
    RequestQueue queue, NlpModel model, IModelWorker worker, TimeProvider time, InferenceMetrics metrics, Func<InferenceReply> refusal, ILogger logger)
{
    /// <summary>Starts the thread; it ends when the queue is closed.</summary>
    public void Start() => new Thread(Run) { IsBackground = true, Name = "ml-dispatch" }.Start();

    /// <summary>Hands a document to the worker that the queue gave out for it; null does nothing.</summary>
    public void Send(QueuedDocument? document)
    {
        if (document is null)
            return;
        if (worker.TrySend(document))
        {
            queue.OnSent(document);
            metrics.OnSent(document.Call.Model.DeploymentId, time, document.Call.StartedAt);
        }
        else if (!queue.TryPutBack(document))
        {
            document.Call.Fail(document.Index, refusal());
        }
    }

    /// <summary>Does the text work of a document the queue gave out for it, and sends what can then be sent.</summary>
    public void PrepareAndSend(QueuedDocument document) => Send(Prepare(document));

    private void Run()
    {
        while (queue.WaitForWork() is { } document)
        {
            if (document.Stage == DocumentStage.InFlight)
                Send(document);
            else
                PrepareAndSend(document);
        }
    }

    private QueuedDocument? Prepare(QueuedDocument document)
    {
        try
        {
            document.Prepared = document.Call.Prepare(document.Index, model);
        }
#pragma warning disable CA1031 // The thread must live: the fault of one text must not stop the queue behind it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (exception is not MlException)
                LogTextWorkFailed(exception);
            queue.Abandon([document]);
            document.Call.Fail(document.Index, Replies.Of(exception));
        }

        return queue.OnPrepared(document);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Text work before the model failed; the document is refused")]
    private partial void LogTextWorkFailed(Exception exception);
}
