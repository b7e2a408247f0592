namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// Byte-pair merges: which neighbours become one symbol, and in which order. The first 256 symbols are bytes. Pairs are told apart by their
/// parts; Elasticsearch's joined keys confuse pairs that spell the same (models-nlp-ingest-security.md §10, 11).
/// </summary>
internal sealed class BytePairModel
{
    private const int Bytes = 256;

    // Not one number of both: its hash would be left ^ right, the same for very many pairs.
    private readonly Dictionary<(int Left, int Right), (int Rank, int Symbol)> _merges;
    private readonly int[] _ids;

    /// <summary>Builds it; merges that are no pair never apply.</summary>
    /// <param name="vocabulary">Tokens and merges.</param>
    /// <param name="unknownId">For symbols that the vocabulary does not have.</param>
    public BytePairModel(Vocabulary vocabulary, int unknownId)
    {
        var symbols = new Dictionary<string, int>(vocabulary.Merges.Length + Bytes, StringComparer.Ordinal);
        for (var value = 0; value < Bytes; value++)
            SymbolOf(ByteCharacters.Of((byte)value).ToString());
        _merges = new(vocabulary.Merges.Length);
        for (var rank = 0; rank < vocabulary.Merges.Length; rank++)
        {
            var merge = vocabulary.Merges[rank];
            var space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == merge.Length - 1)
                continue;
            var (left, right) = (merge[..space], merge[(space + 1)..]);
            _merges[(SymbolOf(left), SymbolOf(right))] = (rank, SymbolOf(left + right));
        }

        _ids = new int[symbols.Count];
        Array.Fill(_ids, unknownId);
        for (var id = 0; id < vocabulary.Tokens.Length; id++)
        {
            if (symbols.TryGetValue(vocabulary.Tokens[id], out var symbol))
                _ids[symbol] = id;
        }

        int SymbolOf(string text)
        {
            if (!symbols.TryGetValue(text, out var symbol))
                symbols.Add(text, symbol = symbols.Count);
            return symbol;
        }
    }

    /// <summary>The token of a symbol.</summary>
    public int IdOf(int symbol) => _ids[symbol];

    /// <summary>What two neighbours become, and how early; false when they stay two.</summary>
    public bool TryMerge(int left, int right, out int rank, out int symbol)
    {
        var found = _merges.TryGetValue((left, right), out var merge);
        (rank, symbol) = merge;
        return found;
    }
}
