using System.Text;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>RoBERTa's byte-level BPE as Elasticsearch does it (models-nlp-ingest-security.md §4.3).</summary>
internal sealed class BytePairTokenizer(SpecialTokens special, RowLayout layout, string mask, bool addsPrefixSpace, Vocabulary vocabulary)
    : Tokenizer(special, layout)
{
    private readonly BytePairModel _model = new(vocabulary, special.Unk);

    /// <inheritdoc/>
    public override string Decode(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            // Special tokens and words that were added later are not made of bytes.
            if (!ByteCharacters.TryGetByte(token[i], out bytes[i]))
                return token.Trim();
        }

        return Encoding.UTF8.GetString(bytes).Trim();
    }

    /// <inheritdoc/>
    public override void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens)
    {
        using var word = new BytePairWord(_model);
        var words = 0;
        for (var i = 0; i < text.Length && tokens.Count <= limit;)
        {
            var at = text[i..].IndexOf(mask);
            var isMask = at >= 0;
            var end = isMask ? i + at : text.Length;
            // The mask takes the space before it along, as the vocabulary's own definition of it says.
            var endOfPieces = isMask && end > i && text[end - 1] == ' ' ? end - 1 : end;
            while (i < endOfPieces && tokens.Count <= limit)
            {
                var length = BytePairPieces.LengthOfFirst(text[i..endOfPieces]);
                AddPiece(text.Slice(i, length), i, words++, word, tokens);
                i += length;
            }

            if (!isMask || i < endOfPieces)
                return;
            i = end + mask.Length;
            tokens.Add(new(Special.MaskOrUnk, words++, end, i));
        }
    }

    private void AddPiece(ReadOnlySpan<char> piece, int start, int number, BytePairWord word, TokenList tokens)
    {
        var hasSpace = piece[0] == ' ';
        var rest = new Token(0, number, start, start + piece.Length);
        word.Spell(piece, addsPrefixSpace && number == 0 && !hasSpace, hasSpace ? rest with { Start = start + 1 } : rest, rest, tokens);
    }
}
