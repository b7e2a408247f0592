using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference;

/// <summary>
/// How much a worker may allocate before its model gets an error instead of the kernel's out-of-memory killer. A guard against models that eat the
/// machine, generous to those that do not; what a node counts on is <see cref="MemoryEstimate"/>.
/// </summary>
internal static class WorkerMemoryLimit
{
    /// <summary>A forward of 512 tokens was seen to need up to 220 MB (torch-runtime.md §8); attention grows with the square of the length.</summary>
    private const double ForwardBytes = 256d * 1024 * 1024;

    private const int UsualLength = 512;

    /// <summary>The limit in bytes: the estimate and a quarter more, and one forward for every allocation that may ever run at a time.</summary>
    public static long Bytes(TaskParameters parameters, int allocations, int maxLength)
    {
        var forwards = Math.Max(allocations, Environment.ProcessorCount);
        var lengths = Math.Max(1, (double)maxLength / UsualLength);
        return (long)Math.Min(long.MaxValue / 2, (1.25 * MemoryEstimate.Bytes(parameters, allocations)) + (ForwardBytes * forwards * lengths * lengths));
    }
}
