using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Client;

/// <summary>One route as the router sees it. The load it counts outlives the table it came with.</summary>
internal sealed record RoutedNode(string NodeId, Route Route, IInferenceGrain Grain, RouteLoad Load);

/// <summary>How busy a route is: requests this process has outstanding there, and the queue's depth when the node last answered.</summary>
internal sealed class RouteLoad
{
    private int _outstanding;
    private int _queueDepth;

    public void Begin() => Interlocked.Increment(ref _outstanding);

    public void End() => Interlocked.Decrement(ref _outstanding);

    public void Observe(int queueDepth) => Volatile.Write(ref _queueDepth, queueDepth);

    /// <summary>Requests per allocation, as far as this process can tell.</summary>
    public double PerAllocation(int allocations) =>
        (double)(Volatile.Read(ref _outstanding) + Volatile.Read(ref _queueDepth)) / Math.Max(1, allocations);
}
