using System.Buffers;
using System.Collections.Immutable;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The greatest of some numbers, descending; equal ones keep their order.</summary>
internal static class Ranking
{
    // Up to here a list kept sorted while all numbers pass by wins over sorting all of them.
    private const int MostKept = 64;

    /// <summary>The best classes.</summary>
    /// <param name="probabilities">One for each class.</param>
    /// <param name="count">How many; negative for all.</param>
    /// <param name="nameOf">A class's name by its index.</param>
    public static ImmutableArray<TopClass> Top(ReadOnlySpan<double> probabilities, int count, Func<int, string> nameOf)
    {
        count = count < 0 ? probabilities.Length : Math.Min(count, probabilities.Length);
        if (count == 0)
            return [];
        var ranked = ArrayPool<(double Value, int Index)>.Shared.Rent(count <= MostKept ? count : probabilities.Length);
        if (count <= MostKept)
            Select(probabilities, ranked.AsSpan(0, count));
        else
            SortAll(probabilities, ranked.AsSpan(0, probabilities.Length));
        var top = ImmutableArray.CreateBuilder<TopClass>(count);
        foreach (var (probability, index) in ranked.AsSpan(0, count))
            top.Add(new(nameOf(index), probability));
        ArrayPool<(double, int)>.Shared.Return(ranked);
        return top.MoveToImmutable();
    }

    private static void Select(ReadOnlySpan<double> values, Span<(double Value, int Index)> best)
    {
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (count == best.Length && !IsGreater(values[i], best[^1].Value))
                continue;
            var at = count < best.Length ? count++ : count - 1;
            for (; at > 0 && IsGreater(values[i], best[at - 1].Value); at--)
                best[at] = best[at - 1];
            best[at] = (values[i], i);
        }
    }

    private static void SortAll(ReadOnlySpan<double> values, Span<(double Value, int Index)> ranked)
    {
        for (var i = 0; i < ranked.Length; i++)
            ranked[i] = (values[i], i);
        // The index makes every sort a stable one.
        ranked.Sort(static (a, b) => b.Value.CompareTo(a.Value) is not 0 and var order ? order : a.Index - b.Index);
    }

    // Numbers that are none come last.
    private static bool IsGreater(double value, double other) => value.CompareTo(other) > 0;
}
