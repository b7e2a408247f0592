using System.Collections.Immutable;

namespace Orleans.Ml.Inference;

/// <summary>What became of an inference. Numbers are append-only.</summary>
public enum InferenceStatus
{
    /// <summary>All documents have a result.</summary>
    Ok = 0,

    /// <summary>The queue is full; nothing was done.</summary>
    Rejected = 1,

    /// <summary>The time was over before the result was there.</summary>
    TimedOut = 2,

    /// <summary>This node does not serve the deployment (any more); nothing was done.</summary>
    NotAllocatedHere = 3,

    /// <summary>A document or the model failed; see the error kind.</summary>
    Failed = 4,
}

/// <summary>The outcome of an inference: values, no exceptions.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Results">One result per document, in document order; empty unless ok.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="ErrorKind">Decides status and type of a failure.</param>
/// <param name="Reason">Why it is not ok; names the id, the limit and the value.</param>
/// <param name="QueueDepth">Documents waiting on that node when it answered.</param>
[GenerateSerializer, Immutable, Alias("ml.InferenceReply")]
public sealed record InferenceReply(
    [property: Id(0)] InferenceStatus Status,
    [property: Id(1)] ImmutableArray<InferenceResult> Results,
    [property: Id(2)] string ResultsField,
    [property: Id(3)] MlErrorKind ErrorKind,
    [property: Id(4)] string Reason,
    [property: Id(5)] int QueueDepth)
{
    /// <summary>The name of the main result member when no other was configured.</summary>
    public const string DefaultResultsField = "predicted_value";

    /// <summary>Whether there are results.</summary>
    public bool IsOk => Status == InferenceStatus.Ok;

    /// <summary>All documents have a result.</summary>
    public static InferenceReply Ok(ImmutableArray<InferenceResult> results, string? resultsField, int queueDepth = 0) =>
        new(InferenceStatus.Ok, results, resultsField ?? DefaultResultsField, default, "", queueDepth);

    /// <summary>A document or the model failed.</summary>
    public static InferenceReply Failed(MlErrorKind kind, string reason) => Without(InferenceStatus.Failed, kind, reason);

    /// <summary>The queue is full.</summary>
    public static InferenceReply Rejected(string reason, int queueDepth) =>
        Without(InferenceStatus.Rejected, MlErrorKind.QueueFull, reason) with { QueueDepth = queueDepth };

    /// <summary>The time was over.</summary>
    public static InferenceReply TimedOut(string reason) => Without(InferenceStatus.TimedOut, MlErrorKind.InferenceTimeout, reason);

    /// <summary>This node does not serve the deployment.</summary>
    public static InferenceReply NotAllocatedHere(string reason) => Without(InferenceStatus.NotAllocatedHere, MlErrorKind.TaskNotFound, reason);

    private static InferenceReply Without(InferenceStatus status, MlErrorKind kind, string reason) =>
        new(status, [], DefaultResultsField, kind, reason, 0);
}
