namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A WordPiece vocabulary: spells a word with the longest pieces from its left (models-nlp-ingest-security.md §4.2, steps 6 to 9).</summary>
internal sealed class WordPieceModel
{
    /// <summary>UTF-16 units; a longer word is unknown without a look at the vocabulary.</summary>
    public const int MaxWordLength = 100;

    private const string ContinuationPrefix = "##";

    private readonly int _unknown;
    private readonly bool _foldsCase;
    private readonly PieceTable _words;
    private readonly PieceTable _continuations;

    /// <summary>Builds it.</summary>
    /// <param name="unknown">Id of the token that stands for what cannot be spelled.</param>
    /// <param name="foldsCase">Whether case and accents do not count. The vocabulary's case does not count either, then.</param>
    /// <param name="vocabulary">A token's index is its id.</param>
    public WordPieceModel(int unknown, bool foldsCase, Vocabulary vocabulary)
    {
        _unknown = unknown;
        _foldsCase = foldsCase;
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        var continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Tokens.Length; id++)
        {
            var token = KeyOf(vocabulary.Tokens[id]);
            if (token.StartsWith(ContinuationPrefix, StringComparison.Ordinal))
                continuations[token[ContinuationPrefix.Length..]] = id;
            else
                words[token] = id;
        }

        _words = new(words);
        _continuations = new(continuations);
    }

    /// <summary>Units that a word of so many may fold to; 0 when words are taken as they are.</summary>
    public int FoldedLength(int length) => _foldsCase ? length * Folding.MaxGrowth : 0;

    /// <summary>Spells one word; one unknown token if that does not work out, nothing if nothing is left of it.</summary>
    public void AddWord(ReadOnlySpan<char> word, (int Start, int End) position, ref WordOutput output)
    {
        if (_foldsCase)
        {
            word = output.Folded[..Folding.Fold(word, output.Folded)];
            if (word.IsEmpty)
                return;
        }

        if (word.Length > MaxWordLength || !TrySpell(word, position, ref output))
            output.AddWord(_unknown, position);
        else
            output.Word++;
    }

    private bool TrySpell(ReadOnlySpan<char> word, (int Start, int End) position, ref WordOutput output)
    {
        var before = output.Tokens.Count;
        var table = _words;
        while (!word.IsEmpty)
        {
            if (!table.TryMatch(word, out var id, out var length))
            {
                output.Tokens.Truncate(before);
                return false;
            }

            output.AddPiece(id, position);
            word = word[length..];
            table = _continuations;
        }

        return true;
    }

    private string KeyOf(string token) => _foldsCase ? string.Create(token.Length, token, static (key, token) =>
    {
        for (var i = 0; i < key.Length; i++)
            key[i] = Folding.Lower(token[i]);
    }) : token;
}
