using Orleans.Ml.Models;

namespace Orleans.Ml.Deployments;

/// <summary>How much memory a deployment needs on one node. Formula: deployment-runtime.md §3.4, with the cache surcharge included.</summary>
public static class MemoryEstimate
{
    /// <summary>Bytes every node keeps aside once it runs at least one worker: 30 MB.</summary>
    public const long NodeOverheadBytes = 30L * 1024 * 1024;

    /// <summary>What a worker process needs besides the model, in bytes: 240 MB.</summary>
    public const long OverheadBytes = 240L * 1024 * 1024;

    /// <summary>What a model of the ELSER family needs whatever its size, in bytes: 2004 MB.</summary>
    public const long ElserBytes = 2004L * 1024 * 1024;

    /// <summary>
    /// Memory in bytes for <paramref name="allocations"/> on one node; 0 for none. They share one copy of the model, so without figures in
    /// the model's metadata it does not grow with their number. Values beyond <see cref="long.MaxValue"/> are cut to it.
    /// </summary>
    public static long Bytes(TaskParameters parameters, int allocations)
    {
        if (allocations <= 0)
            return 0;
        var cache = Math.Max(0, parameters.CacheSizeBytes - parameters.ModelBytes);
        return Saturated(cache + ModelBytes(
            parameters.ModelId, parameters.ModelBytes, parameters.PerDeploymentMemoryBytes, parameters.PerAllocationMemoryBytes, allocations));
    }

    /// <summary>The same for a model, without a cache: at least one allocation is assumed.</summary>
    public static long Bytes(TrainedModelConfig model, int allocations) =>
        Saturated(ModelBytes(model.ModelId, model.ModelSizeBytes, model.PerDeploymentMemoryBytes, model.PerAllocationMemoryBytes, Math.Max(1, allocations)));

    // Sizes come from users: 128 bits hold every sum of them.
    private static Int128 ModelBytes(string modelId, long modelBytes, long perDeploymentBytes, long perAllocationBytes, int allocations)
    {
        if (modelId.StartsWith(".elser_model_1", StringComparison.Ordinal) || modelId.StartsWith(".elser_model_2", StringComparison.Ordinal))
            return ElserBytes;
        var loaded = OverheadBytes + (2 * (Int128)modelBytes);
        var fromMetadata = perDeploymentBytes + ((Int128)perAllocationBytes * allocations) + modelBytes;
        return perDeploymentBytes == 0 && perAllocationBytes == 0 ? loaded : Int128.Max(loaded, fromMetadata);
    }

    private static long Saturated(Int128 bytes) => bytes > long.MaxValue ? long.MaxValue : (long)bytes;
}
