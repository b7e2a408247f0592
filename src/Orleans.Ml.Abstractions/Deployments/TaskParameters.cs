namespace Orleans.Ml.Deployments;

/// <summary>What a deployment was started with. Only <see cref="NumberOfAllocations"/> and <see cref="AdaptiveAllocations"/> ever change.</summary>
/// <param name="DeploymentId">Key of the deployment; the model's id unless another was asked for.</param>
/// <param name="ModelId">The stored model.</param>
/// <param name="ModelInstance">Which creation of that model id; a model deleted and created again is another instance.</param>
/// <param name="ModelBytes">Size of the model's definition in bytes.</param>
/// <param name="NumberOfAllocations">Allocations wanted over the whole cluster; at least 1 unless scaled to zero.</param>
/// <param name="ThreadsPerAllocation">Threads of one forward pass; a power of two, at most 32.</param>
/// <param name="QueueCapacity">Documents that may wait per node.</param>
/// <param name="CacheSizeBytes">Limit of the result cache per node in bytes; 0 disables it.</param>
/// <param name="CacheSize">The same as printed: as asked for, or the exact number of bytes.</param>
/// <param name="Priority">Normal or low.</param>
/// <param name="PerDeploymentMemoryBytes">From the model's metadata; 0 when unknown.</param>
/// <param name="PerAllocationMemoryBytes">From the model's metadata; 0 when unknown.</param>
/// <param name="InputField">The document member that holds the text.</param>
/// <param name="AdaptiveAllocations">Settings under which the number of allocations follows the load; null when there are none.</param>
[GenerateSerializer, Immutable, Alias("ml.TaskParameters")]
public sealed record TaskParameters(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] string ModelId,
    [property: Id(2)] string ModelInstance,
    [property: Id(3)] long ModelBytes,
    [property: Id(4)] int NumberOfAllocations,
    [property: Id(5)] int ThreadsPerAllocation,
    [property: Id(6)] int QueueCapacity,
    [property: Id(7)] long CacheSizeBytes,
    [property: Id(8)] string CacheSize,
    [property: Id(9)] Priority Priority,
    [property: Id(10)] long PerDeploymentMemoryBytes,
    [property: Id(11)] long PerAllocationMemoryBytes,
    [property: Id(12)] string InputField,
    [property: Id(13)] AdaptiveAllocations? AdaptiveAllocations = null);
