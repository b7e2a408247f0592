using System.Globalization;
using System.Text;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// SentencePiece's unigram model with the normalisation nmt_nfkc, as Elasticsearch does it (models-nlp-ingest-security.md §4.4): text is
/// normalised, split at white space, and each word spelled with the pieces whose scores sum up best. Every piece is a word of its own.
/// </summary>
internal sealed class UnigramTokenizer : Tokenizer
{
    /// <summary>Begins the pieces that begin words.</summary>
    public const char WordBoundary = '\u2581';

    // White space to the reference's library, though not to Java.
    private const char NextLine = '\u0085';

    private readonly (string Text, int Id)[] _neverSplit;
    private readonly int[] _byteIds;
    private readonly UnigramModel _model;

    /// <summary>Builds it.</summary>
    /// <param name="special">Ids of the special tokens.</param>
    /// <param name="layout">How the rows of such models are laid out.</param>
    /// <param name="neverSplit">Strings without white space that are one token wherever they stand; all begin with the same character.</param>
    /// <param name="spellsBytes">Whether unknown characters become bytes, <c>&lt;0xNN&gt;</c>; else unknown neighbours become one token.</param>
    /// <param name="vocabulary">With scores.</param>
    public UnigramTokenizer(SpecialTokens special, RowLayout layout, string[] neverSplit, bool spellsBytes, Vocabulary vocabulary)
        : base(special, layout)
    {
        var pieces = new PieceTrie(vocabulary.Tokens);
        _neverSplit = [.. neverSplit.Select(text => (text, IdOf(text)))];
        _byteIds = spellsBytes ? [.. Enumerable.Range(0, 256).Select(value => IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")))] : [];
        _model = new(pieces, vocabulary.Scores, special.Unk);

        int IdOf(string token)
        {
            var node = PieceTrie.Root;
            foreach (var unit in token)
            {
                if ((node = pieces.Step(node, unit)) == PieceTrie.None)
                    return special.Unk;
            }

            return pieces.IdAt(node) is var id and not PieceTrie.None ? id : special.Unk;
        }
    }

    // XLM-RoBERTa shows words without the mark of their beginning, DeBERTa shows pieces as they are.
    /// <inheritdoc/>
    public override string Decode(string token) => _byteIds.Length == 0 && token.StartsWith(WordBoundary) ? token[1..] : token;

    /// <inheritdoc/>
    public override void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens)
    {
        using var word = new NormalizedWord();
        using var lattice = new UnigramLattice();
        Span<char> replacement = stackalloc char[CharacterMap.MaxGrowth];
        var map = CharacterMap.NmtNfkc;
        for (var i = 0; i < text.Length && tokens.Count <= limit;)
        {
            var start = i;
            if (CharacterMap.IsAlone(text, i))
            {
                if (map.ReplacementOf(text[i++]) is { } ascii)
                    Add(ascii, start, i, word, lattice, tokens);
                else
                    Add(text[start..i], start, i, word, lattice, tokens);
                continue;
            }

            i += CharacterMap.ClusterLength(text[i..]);
            if (map.TryReplace(text[start..i], replacement, out var length))
                Add(replacement[..length], start, i, word, lattice, tokens);
            else
                AddEach(text, start, i, word, lattice, tokens);
        }

        AddWord(word, lattice, tokens);
    }

    /// <summary>Takes in a cluster that has no replacement as a whole, character by character.</summary>
    private void AddEach(ReadOnlySpan<char> text, int start, int end, NormalizedWord word, UnigramLattice lattice, TokenList tokens)
    {
        Span<char> replacement = stackalloc char[CharacterMap.MaxGrowth];
        for (var i = start; i < end;)
        {
            var length = UnigramModel.CharacterLength(text[i..end]);
            if (CharacterMap.NmtNfkc.TryReplace(text.Slice(i, length), replacement, out var replaced))
                Add(replacement[..replaced], i, i + length, word, lattice, tokens);
            else
                Add(text.Slice(i, length), i, i + length, word, lattice, tokens);
            i += length;
        }
    }

    /// <summary>Takes in normalised characters and the place in the text they come from.</summary>
    private void Add(ReadOnlySpan<char> normalized, int start, int end, NormalizedWord word, UnigramLattice lattice, TokenList tokens)
    {
        foreach (var unit in normalized)
        {
            if (Characters.IsWhiteSpace(unit) || unit == NextLine)
            {
                AddWord(word, lattice, tokens);
                continue;
            }

            if (word.IsFull && !char.IsLowSurrogate(unit))
                AddWord(word, lattice, tokens);
            word.Append(unit, start, end);
        }
    }

    /// <summary>Cuts out what is never split and spells the rest.</summary>
    private void AddWord(NormalizedWord word, UnigramLattice lattice, TokenList tokens)
    {
        for (var from = 0; from < word.Length;)
        {
            var at = FindNeverSplit(word.Units[from..], out var length, out var id);
            if (at > 0)
                AddPieces(word, from, from + at, lattice, tokens);
            from += at;
            if (length > 0)
                tokens.Add(new(id, tokens.Count, word.StartOf(from), word.EndOf(from + length - 1)));
            from += length;
        }

        word.Clear();
    }

    /// <summary>The place of the first string that is never split; the end of the word, and length 0, when there is none.</summary>
    private int FindNeverSplit(ReadOnlySpan<char> word, out int length, out int id)
    {
        var begin = _neverSplit[0].Text[0];
        for (int at = 0, skipped; (skipped = word[at..].IndexOf(begin)) >= 0; at++)
        {
            at += skipped;
            foreach (var (text, textId) in _neverSplit)
            {
                if (word[at..].StartsWith(text))
                {
                    (length, id) = (text.Length, textId);
                    return at;
                }
            }
        }

        (length, id) = (0, 0);
        return word.Length;
    }

    private void AddPieces(NormalizedWord word, int from, int to, UnigramLattice lattice, TokenList tokens)
    {
        var text = word.WithBoundary(from, to);
        _model.Spell(text, lattice);
        var unknownUntil = -1;
        for (int i = 0, end; i < text.Length; i = end)
        {
            end = lattice.NextAfter(i);
            var id = lattice.IdEndingAt(end);
            // The boundary in front of the text has no place in it: on its own it is where the word begins.
            var positionStart = word.StartOf(Math.Max(from, from + i - 1));
            var positionEnd = end == 1 ? positionStart : word.EndOf(from + end - 2);
            if (id != Special.Unk)
                tokens.Add(new(id, tokens.Count, positionStart, positionEnd));
            else if (_byteIds.Length > 0)
                AddBytes(text[i..end], positionStart, positionEnd, tokens);
            else if (unknownUntil == i)
                tokens.ExtendLast(positionEnd);
            else
                tokens.Add(new(id, tokens.Count, positionStart, positionEnd));
            if (id == Special.Unk)
                unknownUntil = end;
        }
    }

    private void AddBytes(ReadOnlySpan<char> unknown, int start, int end, TokenList tokens)
    {
        Span<byte> utf8 = stackalloc byte[4];
        Rune.DecodeFromUtf16(unknown, out var rune, out _);
        foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            tokens.Add(new(_byteIds[value], tokens.Count, start, end));
    }

    private static int NextWord(TokenList tokens) => tokens.Count;
}
