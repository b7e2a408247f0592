namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// The WordPiece of BERT and MPNet as Elasticsearch does it, rule by rule from models-nlp-ingest-security.md §4.2. All pieces of a word carry
/// the word's offsets.
/// </summary>
internal sealed class WordPieceTokenizer : Tokenizer
{
    /// <summary>UTF-16 units; a longer word is unknown without a look at the vocabulary.</summary>
    public const int MaxWordLength = 100;

    /// <summary>UTF-16 units; more without white space are cut into words of this length.</summary>
    private const int MaxRunLength = 512;

    private const string ContinuationPrefix = "##";

    private readonly string _mask;
    private readonly bool _foldsCase;
    private readonly PieceTable _words;
    private readonly PieceTable _continuations;

    /// <summary>Builds it.</summary>
    /// <param name="special">Ids of the special tokens.</param>
    /// <param name="layout">How the rows of such models are laid out.</param>
    /// <param name="mask">The one string that is never split; begins with punctuation and holds no white space.</param>
    /// <param name="foldsCase">Whether case and accents do not count. The vocabulary's case does not count either, then.</param>
    /// <param name="vocabulary">A token's index is its id.</param>
    public WordPieceTokenizer(SpecialTokens special, RowLayout layout, string mask, bool foldsCase, Vocabulary vocabulary)
        : base(special, layout)
    {
        _mask = mask;
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

    /// <inheritdoc/>
    public override void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens)
    {
        Span<char> kept = stackalloc char[MaxRunLength];
        Span<int> offsets = stackalloc int[MaxRunLength];
        Span<char> folded = stackalloc char[_foldsCase ? MaxRunLength * Folding.MaxGrowth : 0];
        var output = new Output(tokens, folded);
        for (var i = 0; i < text.Length && tokens.Count <= limit;)
        {
            var start = i;
            while (i < text.Length && i - start < MaxRunLength && Characters.KindOf(text[i]) is CharacterKind.Plain or CharacterKind.Separate)
                i++;
            if (i < text.Length && i - start < MaxRunLength && Characters.KindOf(text[i]) == CharacterKind.Dropped)
            {
                i = start;
                var length = Filter(text, ref i, kept, offsets);
                AddRun(kept[..length], new(0, offsets), ref output);
            }
            else if (i > start)
            {
                AddRun(text[start..i], new(start, []), ref output);
            }
            else
            {
                i++;
            }
        }
    }

    /// <summary>Copies the units up to the next white space that are not dropped, and where they were.</summary>
    private static int Filter(ReadOnlySpan<char> text, ref int i, Span<char> kept, Span<int> offsets)
    {
        var length = 0;
        for (; i < text.Length && length < kept.Length; i++)
        {
            var kind = Characters.KindOf(text[i]);
            if (kind == CharacterKind.Space)
                break;
            if (kind == CharacterKind.Dropped)
                continue;
            kept[length] = text[i];
            offsets[length++] = i;
        }

        return length;
    }

    /// <summary>Splits what stood between white space into words.</summary>
    private void AddRun(ReadOnlySpan<char> run, Positions positions, ref Output output)
    {
        var from = 0;
        for (var i = 0; i < run.Length;)
        {
            if (Characters.KindOf(run[i]) != CharacterKind.Separate)
            {
                i++;
                continue;
            }

            if (i > from)
                AddWord(run[from..i], positions.Of(from, i), ref output);
            // Elasticsearch splits the mask at its brackets and merges it again; looking for it whole comes to the same.
            if (run[i..].StartsWith(_mask))
            {
                from = i + _mask.Length;
                output.AddWord(Special.MaskOrUnk, positions.Of(i, from));
            }
            else
            {
                from = i + 1;
                AddWord(run[i..from], positions.Of(i, from), ref output);
            }

            i = from;
        }

        if (from < run.Length)
            AddWord(run[from..], positions.Of(from, run.Length), ref output);
    }

    /// <summary>Spells one word with the longest pieces from its left; one unknown token if that does not work out.</summary>
    private void AddWord(ReadOnlySpan<char> word, (int Start, int End) position, ref Output output)
    {
        if (_foldsCase)
        {
            word = output.Folded[..Folding.Fold(word, output.Folded)];
            if (word.IsEmpty)
                return;
        }

        if (word.Length > MaxWordLength || !TrySpell(word, position, ref output))
            output.AddWord(Special.Unk, position);
        else
            output.Word++;
    }

    private bool TrySpell(ReadOnlySpan<char> word, (int Start, int End) position, ref Output output)
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

    private ref struct Output(TokenList tokens, Span<char> folded)
    {
        public TokenList Tokens { get; } = tokens;

        public Span<char> Folded { get; } = folded;

        public int Word { get; set; }

        public readonly void AddPiece(int id, (int Start, int End) position) => Tokens.Add(new(id, Word, position.Start, position.End));

        public void AddWord(int id, (int Start, int End) position)
        {
            AddPiece(id, position);
            Word++;
        }
    }

    /// <summary>Where the units of a run are in the text: one after the other from a start, or each on its own where some were dropped.</summary>
    private readonly ref struct Positions(int start, ReadOnlySpan<int> offsets)
    {
        private readonly int _start = start;
        private readonly ReadOnlySpan<int> _offsets = offsets;

        public (int Start, int End) Of(int from, int to) =>
            _offsets.IsEmpty ? (_start + from, _start + to) : (_offsets[from], _offsets[to - 1] + 1);
    }
}
