using System.Collections.Immutable;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Nodes;

/// <summary>Counters of one node.</summary>
[GenerateSerializer, Immutable, Alias("ml.NodeStats")]
public sealed record NodeStats([property: Id(0)] NodeSnapshot Node, [property: Id(1)] ImmutableArray<LoadedModelStats> Models);

/// <summary>Counters of one deployment on one node since its worker process started. Times in milliseconds; rules: deployment-runtime.md §6.5.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="InferenceCount">Inferences delivered to callers.</param>
/// <param name="InferenceTimeMs">Sum of the time measured in the worker; an average is this over the count.</param>
/// <param name="LastAccess">When the last inference completed.</param>
/// <param name="PendingRequests">Documents waiting plus documents in the worker.</param>
/// <param name="ErrorCount">Errors from the worker.</param>
/// <param name="RejectedCount">Documents refused by the queue.</param>
/// <param name="TimeoutCount">Timeouts and cancellations.</param>
/// <param name="StartTime">When the worker process was ready.</param>
/// <param name="ThreadsPerAllocation">Effective value.</param>
/// <param name="Allocations">Effective value.</param>
/// <param name="PeakThroughputPerMinute">Most inferences in one completed minute.</param>
/// <param name="ThroughputLastMinute">Inferences in the last completed minute.</param>
/// <param name="InferenceTimeMsLastMinute">Sum of the times of that minute.</param>
/// <param name="MemoryBytes">Resident memory of the worker process; 0 when unknown.</param>
[GenerateSerializer, Immutable, Alias("ml.LoadedModelStats")]
public sealed record LoadedModelStats(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] long InferenceCount,
    [property: Id(2)] double InferenceTimeMs,
    [property: Id(3)] DateTimeOffset? LastAccess,
    [property: Id(4)] int PendingRequests,
    [property: Id(5)] long ErrorCount,
    [property: Id(6)] long RejectedCount,
    [property: Id(7)] long TimeoutCount,
    [property: Id(8)] DateTimeOffset StartTime,
    [property: Id(9)] int ThreadsPerAllocation,
    [property: Id(10)] int Allocations,
    [property: Id(11)] long PeakThroughputPerMinute,
    [property: Id(12)] long ThroughputLastMinute,
    [property: Id(13)] double InferenceTimeMsLastMinute,
    [property: Id(14)] long MemoryBytes);
