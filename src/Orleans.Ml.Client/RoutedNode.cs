using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Client;

/// <summary>One route as the router sees it. The load it counts outlives the table it came with.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Route">What it runs.</param>
/// <param name="Grain">Its façade for the deployment.</param>
/// <param name="Load">How busy it is.</param>
/// <param name="Gone">Cancelled when the node is known to be gone.</param>
internal sealed record RoutedNode(string NodeId, Route Route, IInferenceGrain Grain, RouteLoad Load, CancellationToken Gone);

/// <summary>How busy a route is: requests this process has outstanding there, and the queue's depth when the node last said it.</summary>
internal sealed class RouteLoad
{
    /// <summary>More failures in a row say nothing more.</summary>
    private const int MostFailures = 64;

    private int _outstanding;
    private int _queueDepth;
    private int _failures;

    public void Begin() => Interlocked.Increment(ref _outstanding);

    public void End() => Interlocked.Decrement(ref _outstanding);

    /// <summary>
    /// Takes in what a reply says of the node. One that fails everything at once always looks idle: each failure in a row counts like a request
    /// that waits there, until it succeeds again. What is wrong with the input says nothing of the node.
    /// </summary>
    public void Observe(InferenceReply reply)
    {
        switch (reply)
        {
            case { Status: InferenceStatus.Ok }:
                Volatile.Write(ref _queueDepth, reply.QueueDepth);
                Volatile.Write(ref _failures, 0);
                break;
            case { Status: InferenceStatus.Rejected }:
                Volatile.Write(ref _queueDepth, reply.QueueDepth);
                break;
            case { Status: InferenceStatus.NotAllocatedHere } or { Status: InferenceStatus.Failed, ErrorKind: MlErrorKind.ModelFailed or MlErrorKind.ServerError }:
                Volatile.Write(ref _failures, Math.Min(MostFailures, Volatile.Read(ref _failures) + 1));
                break;
        }
    }

    /// <summary>Requests per allocation, as far as this process can tell.</summary>
    public double PerAllocation(int allocations) =>
        (double)(Volatile.Read(ref _outstanding) + Volatile.Read(ref _queueDepth) + Volatile.Read(ref _failures)) / Math.Max(1, allocations);
}
