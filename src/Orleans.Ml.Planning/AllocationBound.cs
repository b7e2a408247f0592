using System.Numerics;

namespace Orleans.Ml.Planning;

/// <summary>The fewest allocations that must stay missing whatever the placement: a search that has reached it can stop.</summary>
internal static class AllocationBound
{
    /// <summary>
    /// Threads are powers of two, so of processors alone it is known exactly how much fits: a node takes allocations from the largest down without waste.
    /// Memory is counted only for each deployment by itself.
    /// </summary>
    public static long Missing(PlacementProblem problem)
    {
        var demands = problem.Demands;
        var (freeProcessors, freeMemoryBytes) = FreeBesidesSurvivors(problem);
        var surplus = new long[32];
        var mandatory = new long[32];
        var asked = 0L;
        var fixedCount = 0L;
        foreach (var demand in demands)
        {
            var stays = demand.Survivors.Count(s => s > 0);
            var room = 0L;
            for (var n = 0; n < freeProcessors.Length; n++)
            {
                var here = Math.Min(1, demand.Survivors[n]);
                room += demand.RoomFor(demand.Limit, here, freeProcessors[n], freeMemoryBytes[n]);
            }

            if (!BitOperations.IsPow2(demand.Threads))
                return 0;
            var size = BitOperations.Log2((uint)demand.Threads);
            asked += demand.Limit;
            fixedCount += stays;
            mandatory[size] += problem.IsAfterLoss ? 0 : demand.Guaranteed - stays;
            surplus[size] += Math.Max(0, Math.Min(demand.Limit - stays, room)) - (problem.IsAfterLoss ? 0 : demand.Guaranteed - stays);
        }

        return asked - fixedCount - MostOf(mandatory, surplus, freeProcessors);
    }

    private static (int[] Processors, long[] MemoryBytes) FreeBesidesSurvivors(PlacementProblem problem)
    {
        int[] processors = [.. problem.Nodes.Select(n => n.Processors)];
        long[] memoryBytes = [.. problem.MemoryBytes];
        foreach (var demand in problem.Demands)
        {
            for (var n = 0; n < processors.Length; n++)
            {
                if (demand.Survivors[n] == 0)
                    continue;
                processors[n] -= demand.Threads;
                memoryBytes[n] -= demand.MemoryBytes(1);
            }
        }

        return (processors, memoryBytes);
    }

    /// <summary>Smallest first as long as the larger ones that must stay still fit: no other choice gives more.</summary>
    private static long MostOf(long[] mandatory, long[] surplus, int[] freeProcessors)
    {
        var counts = (long[])mandatory.Clone();
        for (var size = 0; size < counts.Length; size++)
        {
            // For each size at or below this one: what is taken from there up, in units of that size, stays within the units the nodes have.
            var most = surplus[size];
            for (var unit = 0; unit <= size; unit++)
            {
                var units = freeProcessors.Sum(p => (long)Math.Max(0, p) >> unit);
                for (var larger = unit; larger < counts.Length; larger++)
                    units -= counts[larger] << (larger - unit);
                most = Math.Min(most, units >> (size - unit));
            }

            counts[size] += Math.Max(0, most);
        }

        return counts.Sum();
    }
}
