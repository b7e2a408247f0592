using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>Things with all that a test is not about filled in.</summary>
internal static class Given
{
    public static readonly DateTimeOffset StartTime = new DateTimeOffset(2026, 1, 5, 10, 11, 12, TimeSpan.Zero).AddTicks(1_234_567);

    public static Assignment Assignment(StartDeployment asked, AssignmentState state = AssignmentState.Started, params (string Node, Route Route)[] routes)
    {
        if (routes.Length == 0)
            routes = [("node-1", new(asked.NumberOfAllocations, asked.NumberOfAllocations, RoutingState.Started))];
        var parameters = new TaskParameters(asked.DeploymentId, asked.ModelId, "i1", 1630, asked.NumberOfAllocations, asked.ThreadsPerAllocation,
            asked.QueueCapacity, asked.CacheSizeBytes ?? 1630, asked.CacheSize ?? "1630b", asked.Priority, 10, 20, "text_field", asked.AdaptiveAllocations);
        return new(parameters, routes.ToImmutableSortedDictionary(r => r.Node, r => r.Route, StringComparer.Ordinal), state, null, StartTime,
            asked.NumberOfAllocations, 7, new(7, 1));
    }

    public static WaitResult Wait(WaitOutcome outcome, Assignment? assignment = null, params (string Node, string Reason)[] failures) =>
        new(outcome, assignment, failures.ToImmutableSortedDictionary(f => f.Node, f => f.Reason));

    public static NodeSnapshot Node(string id) => new(id, 3, 2, 1L << 30, 7, "10.0.0.1:11111", "0.1.0");

    public static InferenceResult Embedding(params float[] values) => new EmbeddingResult(MemoryMarshal.AsBytes<float>(values).ToArray(), false);

    public static TrainedModel Model(string id, InferenceConfig? config = null, params string[] tags) => new(
        new(id, "i1", null, [.. tags], null, ["text_field"], config ?? new PassThroughConfig(new(), null), StartTime, 1630, 0, null, null, 0, 0), [], "vocabulary.json");
}
