namespace Orleans.Ml.Nlp.Tests;

/// <summary>What work allocates.</summary>
internal static class Allocated
{
    /// <summary>The least bytes of several runs: a collection in between may empty the pools from which buffers are rented, and the next run fills them again.</summary>
    public static long Least(Action work)
    {
        var least = long.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
