using System.Collections.Immutable;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Pieces with scores: finds the spelling of a text whose scores have the greatest sum.</summary>
internal sealed class UnigramModel(PieceTrie pieces, ImmutableArray<double> scores, int unknownId)
{
    // SentencePiece's own penalty.
    private const double UnknownPenalty = 10;

    private readonly double _unknownScore = scores.Min() - UnknownPenalty;

    /// <summary>UTF-16 units of the character a text begins with; half a surrogate pair is one of its own.</summary>
    public static int CharacterLength(ReadOnlySpan<char> text) =>
        text.Length > 1 && char.IsHighSurrogate(text[0]) && char.IsLowSurrogate(text[1]) ? 2 : 1;

    /// <summary>Spells a text; of equal sums, added from the left, the one found first counts.</summary>
    public void Spell(ReadOnlySpan<char> text, UnigramLattice lattice)
    {
        lattice.Reset(text.Length);
        for (int start = 0, character; start < text.Length; start += character)
        {
            character = CharacterLength(text[start..]);
            var isCovered = false;
            var node = PieceTrie.Root;
            for (var end = start; end < text.Length;)
            {
                node = pieces.Step(node, text[end++]);
                if (node == PieceTrie.None)
                    break;
                var id = pieces.IdAt(node);
                if (id == PieceTrie.None)
                    continue;
                lattice.Offer(start, end, id, scores[id]);
                isCovered |= end - start == character;
            }

            if (!isCovered)
                lattice.Offer(start, start + character, unknownId, _unknownScore);
        }

        lattice.Trace(text.Length);
    }
}
