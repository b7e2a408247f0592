using System.Buffers;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>The best spelling known of every beginning of a text, in borrowed memory.</summary>
internal sealed class UnigramLattice : IDisposable
{
    private const int InitialCapacity = 256;
    private const int Unreached = -1;

    private Node[] _nodes = ArrayPool<Node>.Shared.Rent(InitialCapacity);

    /// <summary>Begins a text of so many units.</summary>
    public void Reset(int length)
    {
        if (_nodes.Length <= length)
        {
            ArrayPool<Node>.Shared.Return(_nodes);
            _nodes = ArrayPool<Node>.Shared.Rent(length + 1);
        }

        _nodes[0] = default;
        _nodes.AsSpan(1, length).Fill(new() { Start = Unreached });
    }

    /// <summary>Takes a piece as the last of the spelling that ends there, if that is the best so far.</summary>
    public void Offer(int start, int end, int id, double score)
    {
        ref var node = ref _nodes[end];
        var sum = _nodes[start].Sum + score;
        if (node.Start == Unreached || sum > node.Sum)
            (node.Sum, node.Start, node.Id) = (sum, start, id);
    }

    /// <summary>Makes the best spelling of the whole text readable from its beginning.</summary>
    public void Trace(int length)
    {
        for (var end = length; end > 0; end = _nodes[end].Start)
            _nodes[_nodes[end].Start].Next = end;
    }

    /// <summary>Where the piece ends that begins here.</summary>
    public int NextAfter(int start) => _nodes[start].Next;

    /// <summary>The piece that ends here.</summary>
    public int IdEndingAt(int end) => _nodes[end].Id;

    public void Dispose()
    {
        ArrayPool<Node>.Shared.Return(_nodes);
        _nodes = [];
    }

    private struct Node
    {
        public double Sum;
        public int Start;
        public int Id;
        public int Next;
    }
}
