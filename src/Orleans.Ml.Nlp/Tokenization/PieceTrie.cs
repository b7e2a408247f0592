using System.Collections.Immutable;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A vocabulary that is walked unit by unit, so that all its members that a text begins with are found in one pass.</summary>
internal sealed class PieceTrie
{
    /// <summary>Where every walk begins.</summary>
    public const int Root = 0;

    /// <summary>A node where no member ends, or no node at all.</summary>
    public const int None = -1;

    // Up to here the vectorised search of a span wins over a binary one; only few nodes near the root have more children.
    private const int MostSearchedInOrder = 64;

    // Nodes in breadth-first order: the children of one are neighbours, ascending by unit, and end where those of the next begin.
    private readonly char[] _units;
    private readonly int[] _firstChildren;
    private readonly int[] _ids;

    /// <summary>Builds it; of a string that is there twice the last index counts.</summary>
    public PieceTrie(ImmutableArray<string> tokens)
    {
        var keys = tokens.ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(keys, order, Comparer<string>.Create(string.CompareOrdinal));
        var units = new List<char> { default };
        var firstChildren = new List<int>();
        var ids = new List<int> { None };
        var open = new Queue<(int From, int To, int Depth)>([(0, keys.Length, 0)]);
        while (open.TryDequeue(out var range))
        {
            var node = firstChildren.Count;
            firstChildren.Add(units.Count);
            var i = range.From;
            for (; i < range.To && keys[i].Length == range.Depth; i++)
                ids[node] = Math.Max(ids[node], order[i]);
            while (i < range.To)
            {
                var begin = i;
                var unit = keys[i][range.Depth];
                while (i < range.To && keys[i][range.Depth] == unit)
                    i++;
                units.Add(unit);
                ids.Add(None);
                open.Enqueue((begin, i, range.Depth + 1));
            }
        }

        firstChildren.Add(units.Count);
        (_units, _firstChildren, _ids) = ([.. units], [.. firstChildren], [.. ids]);
    }

    /// <summary>The id of the member that ends at a node, or <see cref="None"/>.</summary>
    public int IdAt(int node) => _ids[node];

    /// <summary>The node one unit further, or <see cref="None"/>.</summary>
    public int Step(int node, char unit)
    {
        var first = _firstChildren[node];
        var children = _units.AsSpan(first, _firstChildren[node + 1] - first);
        var index = children.Length <= MostSearchedInOrder ? children.IndexOf(unit) : children.BinarySearch(unit);
        return index < 0 ? None : first + index;
    }
}
