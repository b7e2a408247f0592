namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>
/// The tokenizer of Japanese BERT models: words by morphological analysis, then WordPiece without splitting at ideographs (models-nlp-ingest-security.md §4.2).
/// </summary>
/// <param name="special">Ids of the special tokens.</param>
/// <param name="layout">How the rows of such models are laid out.</param>
/// <param name="mask">The one string that is never split; begins with an opening bracket and holds no white space.</param>
/// <param name="foldsCase">Whether case and accents do not count, voiced sound marks included.</param>
/// <param name="dictionary">Where words are looked up.</param>
/// <param name="searchMode">Whether compounds are split and white space is an unknown word, as in Elasticsearch.</param>
/// <param name="vocabulary">A token's index is its id.</param>
internal sealed class JapaneseTokenizer(
    SpecialTokens special, RowLayout layout, string mask, bool foldsCase, MecabDictionary dictionary, bool searchMode, Vocabulary vocabulary)
    : Tokenizer(special, layout)
{
    /// <summary>UTF-16 units that are analyzed at a time: what bounds the memory of a lattice, and the work on a text of which a row holds the beginning.</summary>
    public const int MaxRunLength = 512;

    private readonly WordPieceModel _model = new(special.Unk, foldsCase, vocabulary);

    /// <inheritdoc/>
    public override void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens)
    {
        Span<char> kept = stackalloc char[MaxRunLength];
        Span<int> offsets = stackalloc int[MaxRunLength];
        Span<char> folded = stackalloc char[_model.FoldedLength(MaxRunLength)];
        Span<Morpheme> words = stackalloc Morpheme[MaxRunLength];
        var output = new WordOutput(tokens, folded);
        var analyzer = dictionary.Rent();
        try
        {
            for (var i = 0; i < text.Length && tokens.Count <= limit;)
            {
                var length = Filter(text, ref i, kept, offsets);
                var masked = kept[..length].IndexOf(mask);
                var end = masked >= 0 ? masked : i < text.Length ? EndOfRun(kept[..length]) : length;
                if (end > 0)
                    AddWords(kept[..end], words[..analyzer.Analyze(kept[..end], searchMode, words)], offsets, ref output);
                if (masked >= 0)
                {
                    end += mask.Length;
                    output.AddWord(Special.MaskOrUnk, (offsets[masked], offsets[end - 1] + 1));
                }

                // What was read beyond is read again, at the beginning of the next run.
                if (end < length)
                    i = offsets[end];
            }
        }
        finally
        {
            dictionary.Return(analyzer);
        }
    }

    /// <summary>Copies the units that are not dropped as far as there is room, and where they were. White space of all kinds becomes a blank.</summary>
    private static int Filter(ReadOnlySpan<char> text, ref int i, Span<char> kept, Span<int> offsets)
    {
        var length = 0;
        for (; i < text.Length && length < kept.Length; i++)
        {
            var kind = Characters.KindOf(text[i]);
            if (kind == CharacterKind.Dropped)
                continue;
            kept[length] = kind == CharacterKind.Space ? ' ' : text[i];
            offsets[length++] = i;
        }

        return length;
    }

    /// <summary>
    /// Where to end a run that the text goes on after: behind the last white space or punctuation, so that no word is cut if it can be helped. A mask
    /// that begins and does not end belongs to the next run.
    /// </summary>
    private int EndOfRun(ReadOnlySpan<char> run)
    {
        for (var end = run.Length; end > 0; end--)
        {
            if (end < run.Length && run[end] == mask[0])
                return end;
            if (run[end - 1] != mask[0] && Characters.KindOf(run[end - 1]) is CharacterKind.Space or CharacterKind.Punctuation)
                return end;
        }

        return run.Length;
    }

    private void AddWords(ReadOnlySpan<char> run, ReadOnlySpan<Morpheme> words, ReadOnlySpan<int> offsets, ref WordOutput output)
    {
        var positions = new Positions(0, offsets);
        var end = 0;
        foreach (var word in words)
        {
            AddSpace(end, word.Start, positions, ref output);
            var from = word.Start;
            for (var i = from; i < word.End; i++)
            {
                if (Characters.KindOf(run[i]) != CharacterKind.Punctuation)
                    continue;
                if (i > from)
                    _model.AddWord(run[from..i], positions.Of(from, i), ref output);
                from = i + 1;
                _model.AddWord(run[i..from], positions.Of(i, from), ref output);
            }

            if (from < word.End)
                _model.AddWord(run[from..word.End], positions.Of(from, word.End), ref output);
            end = word.End;
        }

        AddSpace(end, run.Length, positions, ref output);
    }

    private void AddSpace(int from, int to, Positions positions, ref WordOutput output)
    {
        if (searchMode && from < to)
            output.AddWord(Special.Unk, positions.Of(from, to));
    }
}
