using System.Globalization;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference;

/// <summary>The engine's answers that are not results. What each must mention: deployment-runtime.md §1.4.</summary>
internal static class Replies
{
    /// <summary>The caller has gone.</summary>
    public static InferenceReply Cancelled { get; } = InferenceReply.Failed(MlErrorKind.BadRequest, "inference was cancelled by its caller");

    /// <summary>A call without documents.</summary>
    public static InferenceReply NoDocuments { get; } =
        InferenceReply.Failed(MlErrorKind.RequestValidation, "Validation Failed: 1: at least one document is required;");

    /// <summary>The queue is full.</summary>
    public static InferenceReply Rejected(string deploymentId, int capacity) => InferenceReply.Rejected(
        $"inference process queue is full: deployment [{deploymentId}] has [{capacity}] documents waiting on this node, its queue capacity is [{capacity}]", capacity);

    /// <summary>The queue has no room for that many documents at once.</summary>
    public static InferenceReply Rejected(string deploymentId, int capacity, int depth, int documents) => InferenceReply.Rejected(
        $"inference process queue has no room for [{documents}] documents: deployment [{deploymentId}] has [{depth}] waiting on this node, its queue capacity is [{capacity}]", depth);

    /// <summary>The caller's time is over.</summary>
    public static InferenceReply TimedOut(TimeSpan timeout) =>
        InferenceReply.TimedOut($"timeout [{Text(timeout)}] waiting for inference result");

    /// <summary>No such deployment serves on the node.</summary>
    public static InferenceReply NotAllocatedHere(string deploymentId, string nodeId) => InferenceReply.NotAllocatedHere(
        $"task for deployment [{deploymentId}] not found on node [{nodeId}]; retry, or stop and start the deployment");

    /// <summary>The deployment is going from this node and did nothing with the document: another node may have it still.</summary>
    public static InferenceReply Stopping(string deploymentId) =>
        InferenceReply.NotAllocatedHere($"deployment [{deploymentId}] is stopping on this node") with { ErrorKind = MlErrorKind.Conflict };

    /// <summary>The worker of the deployment is given up; it tells why in the API's words.</summary>
    public static InferenceReply GivenUp(string reason) => InferenceReply.Failed(MlErrorKind.ModelFailed, reason);

    /// <summary>
    /// A request in the worker has no answer. What became of the process is told by its supervisor; a model's error is only quoted by it. One that was
    /// cut off because the node stops is nobody's fault, so another node may do it.
    /// </summary>
    public static InferenceReply Of(WorkerError error, string reason) => error switch
    {
        WorkerError.Stopping => InferenceReply.NotAllocatedHere(reason) with { ErrorKind = MlErrorKind.ModelFailed },
        WorkerError.Model => InferenceReply.Failed(MlErrorKind.ModelFailed, $"Error in inference process: [{reason}]"),
        _ => InferenceReply.Failed(MlErrorKind.ModelFailed, reason),
    };

    /// <summary>Text work did not succeed.</summary>
    public static InferenceReply Of(Exception exception) => exception is MlException refused
        ? InferenceReply.Failed(refused.Kind, refused.Message)
        : InferenceReply.Failed(MlErrorKind.ServerError, $"text work failed: {exception.Message}");

    private static string Text(TimeSpan timeout) => timeout.Ticks % TimeSpan.TicksPerSecond == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalSeconds}s")
        : string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalMilliseconds:0.####}ms");
}
