namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// The WordPiece of BERT and MPNet as Elasticsearch does it, rule by rule from models-nlp-ingest-security.md §4.2. All pieces of a word carry
/// the word's offsets.
/// </summary>
/// <param name="special">Ids of the special tokens.</param>
/// <param name="layout">How the rows of such models are laid out.</param>
/// <param name="mask">The one string that is never split; begins with punctuation and holds no white space.</param>
/// <param name="foldsCase">Whether case and accents do not count. The vocabulary's case does not count either, then.</param>
/// <param name="vocabulary">A token's index is its id.</param>
internal sealed class WordPieceTokenizer(SpecialTokens special, RowLayout layout, string mask, bool foldsCase, Vocabulary vocabulary)
    : Tokenizer(special, layout)
{
    /// <summary>UTF-16 units; more without white space are cut into words of this length.</summary>
    private const int MaxRunLength = 512;

    private readonly WordPieceModel _model = new(special.Unk, foldsCase, vocabulary);

    /// <inheritdoc/>
    public override void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens)
    {
        Span<char> kept = stackalloc char[MaxRunLength];
        Span<int> offsets = stackalloc int[MaxRunLength];
        Span<char> folded = stackalloc char[_model.FoldedLength(MaxRunLength)];
        var output = new WordOutput(tokens, folded);
        for (var i = 0; i < text.Length && tokens.Count <= limit;)
        {
            var start = i;
            while (i < text.Length && i - start < MaxRunLength && Characters.KindOf(text[i]) is not (CharacterKind.Space or CharacterKind.Dropped))
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
    private void AddRun(ReadOnlySpan<char> run, Positions positions, ref WordOutput output)
    {
        var from = 0;
        for (var i = 0; i < run.Length;)
        {
            if (Characters.KindOf(run[i]) is not (CharacterKind.Punctuation or CharacterKind.Ideograph))
            {
                i++;
                continue;
            }

            if (i > from)
                _model.AddWord(run[from..i], positions.Of(from, i), ref output);
            // Elasticsearch splits the mask at its brackets and merges it again; looking for it whole comes to the same.
            if (run[i..].StartsWith(mask))
            {
                from = i + mask.Length;
                output.AddWord(Special.MaskOrUnk, positions.Of(i, from));
            }
            else
            {
                from = i + 1;
                _model.AddWord(run[i..from], positions.Of(i, from), ref output);
            }

            i = from;
        }

        if (from < run.Length)
            _model.AddWord(run[from..], positions.Of(from, run.Length), ref output);
    }
}
