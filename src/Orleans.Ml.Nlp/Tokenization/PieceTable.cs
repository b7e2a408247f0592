namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A set of strings that finds its longest member a text begins with.</summary>
internal sealed class PieceTable
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _pieces;
    private readonly int _longest;

    /// <summary>Takes the strings over.</summary>
    public PieceTable(Dictionary<string, int> pieces)
    {
        // Measured: as fast as a frozen one and quicker to build; a table of our own with hashes of all prefixes gained a sixth, on rare words only.
        _pieces = pieces.GetAlternateLookup<ReadOnlySpan<char>>();
        _longest = pieces.Keys.Select(piece => piece.Length).DefaultIfEmpty().Max();
    }

    /// <summary>The id and length of the longest member that begins the text; false when there is none.</summary>
    public bool TryMatch(ReadOnlySpan<char> text, out int id, out int length)
    {
        for (length = Math.Min(text.Length, _longest); length > 0; length--)
        {
            if (_pieces.TryGetValue(text[..length], out id))
                return true;
        }

        id = 0;
        return false;
    }
}
