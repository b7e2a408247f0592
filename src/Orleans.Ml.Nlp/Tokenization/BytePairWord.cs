using System.Buffers;
using System.Text;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// One piece of text while its bytes are merged, in borrowed memory: symbols in a linked list, and a heap of the pairs that can merge. The lowest rank
/// is merged first, the leftmost of equals; n bytes take n log n steps.
/// </summary>
internal sealed class BytePairWord(BytePairModel model) : IDisposable
{
    private const int InitialCapacity = 256;
    private const int Gone = -1;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialCapacity);
    private Node[] _nodes = ArrayPool<Node>.Shared.Rent(InitialCapacity);
    private ulong[] _heap = ArrayPool<ulong>.Shared.Rent(InitialCapacity);
    private int _length;
    private int _heaped;

    /// <summary>Appends the tokens of a piece, all with the given word and place.</summary>
    /// <param name="piece">Not empty.</param>
    /// <param name="hasPrefixSpace">Whether a space is to be put before it.</param>
    /// <param name="first">The first token, apart from its id.</param>
    /// <param name="rest">The others, apart from their ids.</param>
    /// <param name="tokens">Where they go.</param>
    public void Spell(ReadOnlySpan<char> piece, bool hasPrefixSpace, Token first, Token rest, TokenList tokens)
    {
        Load(piece, hasPrefixSpace);
        while (_heaped > 0)
        {
            var (rank, left) = Pop();
            var right = _nodes[left].Next;
            // Entries of pairs that have become something else since are still in the heap.
            if (_nodes[left].Symbol != Gone && right < _length &&
                model.TryMerge(_nodes[left].Symbol, _nodes[right].Symbol, out var currentRank, out var symbol) && currentRank == rank)
            {
                Merge(left, right, symbol);
            }
        }

        for (var i = 0; i < _length; i = _nodes[i].Next)
            tokens.Add((i == 0 ? first : rest) with { Id = model.IdOf(_nodes[i].Symbol) });
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<Node>.Shared.Return(_nodes);
        ArrayPool<ulong>.Shared.Return(_heap);
        (_bytes, _nodes, _heap) = ([], [], []);
    }

    private void Load(ReadOnlySpan<char> piece, bool hasPrefixSpace)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(piece.Length) + 1);
        _length = 0;
        if (hasPrefixSpace)
            _bytes[_length++] = (byte)' ';
        _length += Encoding.UTF8.GetBytes(piece, _bytes.AsSpan(_length));
        for (var i = 0; i < _length; i++)
            _nodes[i] = new() { Symbol = _bytes[i], Previous = i - 1, Next = i + 1 };
        _heaped = 0;
        for (var i = 0; i < _length; i++)
            PushPair(i);
    }

    private void Merge(int left, int right, int symbol)
    {
        var next = _nodes[right].Next;
        _nodes[left] = _nodes[left] with { Symbol = symbol, Next = next };
        _nodes[right].Symbol = Gone;
        if (next < _length)
            _nodes[next].Previous = left;
        PushPair(left);
        if (_nodes[left].Previous >= 0)
            PushPair(_nodes[left].Previous);
    }

    private void PushPair(int left)
    {
        var right = _nodes[left].Next;
        if (right >= _length || !model.TryMerge(_nodes[left].Symbol, _nodes[right].Symbol, out var rank, out _))
            return;
        var entry = ((ulong)(uint)rank << 32) | (uint)left;
        var i = _heaped++;
        for (; i > 0 && entry < _heap[(i - 1) / 2]; i = (i - 1) / 2)
            _heap[i] = _heap[(i - 1) / 2];
        _heap[i] = entry;
    }

    private (int Rank, int Left) Pop()
    {
        var least = _heap[0];
        var entry = _heap[--_heaped];
        var i = 0;
        for (int child; (child = (2 * i) + 1) < _heaped; i = child)
        {
            if (child + 1 < _heaped && _heap[child + 1] < _heap[child])
                child++;
            if (entry <= _heap[child])
                break;
            _heap[i] = _heap[child];
        }

        _heap[i] = entry;
        return ((int)(least >> 32), (int)(uint)least);
    }

    private void Reserve(int bytes)
    {
        Reserve(ref _bytes, bytes);
        Reserve(ref _nodes, bytes);
        // Every byte brings a pair, and every merge, of which there are fewer than bytes, two more.
        Reserve(ref _heap, 3 * bytes);
    }

    private static void Reserve<T>(ref T[] array, int length)
    {
        if (array.Length >= length)
            return;
        ArrayPool<T>.Shared.Return(array);
        array = ArrayPool<T>.Shared.Rent(length);
    }

    private struct Node
    {
        public int Symbol;
        public int Previous;
        public int Next;
    }
}
