namespace Orleans.Ml.Deployments;

/// <summary>
/// How much memory a deployment needs on one node, in bytes. Formula and constants: deployment-runtime.md §3.4. Used by the planner, by every node's ledger
/// and by the API, so that they agree.
/// </summary>
public static class MemoryEstimate
{
    /// <summary>Bytes every node keeps aside once it runs at least one worker.</summary>
    public const long NodeOverheadBytes = 30 * Megabyte;

    private const long Megabyte = 1024 * 1024;
    private const long BaseBytes = 240 * Megabyte;
    private const long ElserBytes = 2004 * Megabyte;

    /// <summary>Need of a deployment that runs <paramref name="allocations"/> allocations on a node; they share one copy of the model.</summary>
    public static long Bytes(TaskParameters parameters, int allocations)
    {
        var bytes = Bytes(parameters.ModelId, parameters.ModelBytes, parameters.PerDeploymentMemoryBytes, parameters.PerAllocationMemoryBytes, allocations);
        return allocations == 0 ? 0 : bytes + Math.Max(0, parameters.CacheSizeBytes - parameters.ModelBytes);
    }

    /// <summary>The same without the surcharge for a cache larger than the model.</summary>
    /// <param name="modelId">ELSER models have a flat estimate.</param>
    /// <param name="modelBytes">Size of the definition.</param>
    /// <param name="perDeploymentBytes">From the model's metadata; 0 when unknown.</param>
    /// <param name="perAllocationBytes">From the model's metadata; 0 when unknown.</param>
    /// <param name="allocations">Allocations on the node.</param>
    public static long Bytes(string modelId, long modelBytes, long perDeploymentBytes, long perAllocationBytes, int allocations)
    {
        if (allocations == 0)
            return 0;
        if (modelId.StartsWith(".elser_model_1", StringComparison.Ordinal) || modelId.StartsWith(".elser_model_2", StringComparison.Ordinal))
            return ElserBytes;
        var general = BaseBytes + (2 * modelBytes);
        return perDeploymentBytes == 0 && perAllocationBytes == 0
            ? general
            : Math.Max(general, perDeploymentBytes + (perAllocationBytes * allocations) + modelBytes);
    }
}
