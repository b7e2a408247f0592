namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Where WordPiece puts its tokens while it goes through a text, and how far it has counted the words.</summary>
/// <param name="tokens">Where they go.</param>
/// <param name="folded">Room for the folded form of a word; see <see cref="WordPieceModel.FoldedLength"/>.</param>
internal ref struct WordOutput(TokenList tokens, Span<char> folded)
{
    public TokenList Tokens { get; } = tokens;

    public Span<char> Folded { get; } = folded;

    /// <summary>Index of the next word.</summary>
    public int Word { get; set; }

    public readonly void AddPiece(int id, (int Start, int End) position) => Tokens.Add(new(id, Word, position.Start, position.End));

    /// <summary>A word that is one token.</summary>
    public void AddWord(int id, (int Start, int End) position)
    {
        AddPiece(id, position);
        Word++;
    }
}

/// <summary>Where the units of a run are in the text: one after the other from a start, or each on its own where some were dropped.</summary>
internal readonly ref struct Positions(int start, ReadOnlySpan<int> offsets)
{
    private readonly int _start = start;
    private readonly ReadOnlySpan<int> _offsets = offsets;

    public (int Start, int End) Of(int from, int to) =>
        _offsets.IsEmpty ? (_start + from, _start + to) : (_offsets[from], _offsets[to - 1] + 1);
}
