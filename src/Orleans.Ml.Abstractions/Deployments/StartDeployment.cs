namespace Orleans.Ml.Deployments;

/// <summary>A start as asked for, defaults filled in except those that depend on the model.</summary>
/// <param name="ModelId">The stored model.</param>
/// <param name="DeploymentId">Key of the new deployment.</param>
/// <param name="NumberOfAllocations">At least 1.</param>
/// <param name="ThreadsPerAllocation">A power of two, at most <see cref="MaxThreadsPerAllocation"/>.</param>
/// <param name="QueueCapacity">1 to <see cref="MaxQueueCapacity"/>.</param>
/// <param name="CacheSizeBytes">Bytes, 0 disables; null is the model's size.</param>
/// <param name="CacheSize">The cache size as it was written; null with <paramref name="CacheSizeBytes"/>.</param>
/// <param name="Priority">Low allows one allocation of one thread.</param>
/// <param name="AdaptiveAllocations">Settings under which the number of allocations follows the load; null for none.</param>
[GenerateSerializer, Immutable, Alias("ml.StartDeployment")]
public sealed record StartDeployment(
    [property: Id(0)] string ModelId,
    [property: Id(1)] string DeploymentId,
    [property: Id(2)] int NumberOfAllocations = 1,
    [property: Id(3)] int ThreadsPerAllocation = 1,
    [property: Id(4)] int QueueCapacity = StartDeployment.DefaultQueueCapacity,
    [property: Id(5)] long? CacheSizeBytes = null,
    [property: Id(6)] string? CacheSize = null,
    [property: Id(7)] Priority Priority = Priority.Normal,
    [property: Id(8)] AdaptiveAllocations? AdaptiveAllocations = null)
{
    /// <summary>Documents that may wait per node when nothing is said.</summary>
    public const int DefaultQueueCapacity = 1024;

    /// <summary>The largest queue capacity that may be asked for.</summary>
    public const int MaxQueueCapacity = 1_000_000;

    /// <summary>The largest number of threads of one allocation.</summary>
    public const int MaxThreadsPerAllocation = 32;

    /// <summary>Why a number and settings that decide the number do not go together.</summary>
    public const string NumberAndAdaptive = "[number_of_allocations] cannot be set when adaptive allocations is enabled";

    /// <summary>Everything that is wrong with this request by itself; empty when nothing is. Limits: deployment-runtime.md §1.1.</summary>
    /// <param name="maxThreadsPerAllocation">A lower limit of whoever asks.</param>
    /// <param name="maxQueueCapacity">A lower limit of whoever asks.</param>
    public IReadOnlyList<string> FindProblems(int maxThreadsPerAllocation = MaxThreadsPerAllocation, int maxQueueCapacity = MaxQueueCapacity)
    {
        var problems = new List<string>();
        if (NumberOfAllocations < 1)
            problems.Add($"[number_of_allocations] must be a positive integer, was [{NumberOfAllocations}]");
        if (ThreadsPerAllocation < 1)
            problems.Add($"[threads_per_allocation] must be a positive integer, was [{ThreadsPerAllocation}]");
        if (ThreadsPerAllocation > maxThreadsPerAllocation || ThreadsPerAllocation < 1 || !int.IsPow2(ThreadsPerAllocation))
            problems.Add($"[threads_per_allocation] must be a power of 2 less than or equal to {maxThreadsPerAllocation}, was [{ThreadsPerAllocation}]");
        if (QueueCapacity < 1)
            problems.Add($"[queue_capacity] must be a positive integer, was [{QueueCapacity}]");
        if (QueueCapacity > maxQueueCapacity)
            problems.Add($"[queue_capacity] must be less than or equal to {maxQueueCapacity}, was [{QueueCapacity}]");
        if (Priority == Priority.Low && NumberOfAllocations > 1)
            problems.Add($"[number_of_allocations] must be 1 when [priority] is low, was [{NumberOfAllocations}]");
        if (Priority == Priority.Low && ThreadsPerAllocation > 1)
            problems.Add($"[threads_per_allocation] must be 1 when [priority] is low, was [{ThreadsPerAllocation}]");
        if (AdaptiveAllocations is { } adaptive)
        {
            problems.AddRange(adaptive.FindProblems());
            if (adaptive.FindProblem(Priority) is { } problem)
                problems.Add(problem);
        }

        return problems;
    }
}
