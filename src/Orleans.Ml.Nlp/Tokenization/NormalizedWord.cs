using System.Buffers;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A word of normalised text and where in the text its units come from, in borrowed memory.</summary>
internal sealed class NormalizedWord : IDisposable
{
    /// <summary>UTF-16 units; more without white space are several words, so that memory and time stay in bounds.</summary>
    public const int MaxLength = 16 * 1024;

    private const int InitialCapacity = 256;

    // One place further than the units: there is always room for a boundary in front.
    private char[] _units = ArrayPool<char>.Shared.Rent(InitialCapacity);
    private (int Start, int End)[] _positions = ArrayPool<(int, int)>.Shared.Rent(InitialCapacity);

    public int Length { get; private set; }

    public bool IsFull => Length >= MaxLength;

    public ReadOnlySpan<char> Units => _units.AsSpan(1, Length);

    public int StartOf(int index) => _positions[index].Start;

    public int EndOf(int index) => _positions[index].End;

    public void Append(char unit, int start, int end)
    {
        if (Length + 1 >= Math.Min(_units.Length, _positions.Length))
            Grow();
        _positions[Length++] = (start, end);
        _units[Length] = unit;
    }

    /// <summary>A part of the word with a boundary in front, which takes the place of the unit before.</summary>
    public ReadOnlySpan<char> WithBoundary(int from, int to)
    {
        _units[from] = UnigramTokenizer.WordBoundary;
        return _units.AsSpan(from, to - from + 1);
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        ArrayPool<char>.Shared.Return(_units);
        ArrayPool<(int, int)>.Shared.Return(_positions);
        (_units, _positions, Length) = ([], [], 0);
    }

    private void Grow()
    {
        var units = ArrayPool<char>.Shared.Rent(_units.Length * 2);
        var positions = ArrayPool<(int, int)>.Shared.Rent(_units.Length * 2);
        _units.CopyTo(units, 0);
        _positions.AsSpan(0, Length).CopyTo(positions);
        ArrayPool<char>.Shared.Return(_units);
        ArrayPool<(int, int)>.Shared.Return(_positions);
        (_units, _positions) = (units, positions);
    }
}
