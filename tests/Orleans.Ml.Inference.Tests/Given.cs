using System.Runtime.InteropServices;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference.Tests;

/// <summary>Builders that default all that a test is not about.</summary>
internal static class Given
{
    public const string NodeId = "node-a";

    public const long Epoch = 7;

    /// <summary>Longer than anything takes, so that a failure names itself instead of hanging.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TaskParameters Task(
        string id = "d", int threads = 1, int queueCapacity = 100, long modelBytes = 0, Priority priority = Priority.Normal, long perAllocationBytes = 0) =>
        new(id, id, "1", modelBytes, NumberOfAllocations: 1, threads, queueCapacity, 0, "0", priority, 0, perAllocationBytes, "text_field");

    public static DeploymentTarget Deployment(string id = "d", int allocations = 1, long incarnation = 1, int threads = 1, StopMode stop = StopMode.None) =>
        new(Task(id, threads), incarnation, allocations, stop);

    public static NodeTarget Target(long plan, params DeploymentTarget[] deployments) => new(NodeId, Epoch, plan, [.. deployments]);

    public static InferenceInput Texts(params string[] texts) => new([.. texts], null, Timeout.InfiniteTimeSpan);

    public static float[] Values(InferenceResult result) => MemoryMarshal.Cast<byte, float>(((RawResult)result).Values).ToArray();

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task Soon(this Task task) => task.WaitAsync(Patience);
}
