namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>
/// Elasticsearch's way through a lattice: Lucene's search mode, in which long words cost more, so that compounds fall apart into words of the
/// dictionary, and its rules for unknown words.
/// </summary>
internal static unsafe class CompoundSplitter
{
    // Of Lucene's JapaneseTokenizer; costs are those of IPADIC.
    private const int FreeKanji = 2;
    private const int CostOfMoreKanji = 3000;
    private const int FreeUnits = 7;
    private const int CostOfMoreUnits = 1700;

    // Lines of IPADIC's char.def.
    private const byte KanjiType = 2;

    /// <summary>Looks for the best path anew, over the nodes that are there, and chains it.</summary>
    public static void FindPath(MecabModel model, MecabLattice lattice, ReadOnlySpan<byte> text)
    {
        var (costs, nodes) = (model.DangerousGetHandle(), lattice.DangerousGetHandle());
        // All other paths can only cost more than before.
        if (IsBestPathFree(MecabLibrary.FirstNode(lattice), nodes, text))
            return;
        for (var position = 0; position < text.Length; position++)
        {
            var ending = MecabLibrary.NodesEndingAt(nodes, (nuint)position);
            if (ending is null)
                continue;
            var beginning = MecabLibrary.NodesBeginningAt(nodes, (nuint)position);
            var longestUnknown = LongestUnknown(beginning);
            for (var node = beginning; node is not null; node = node->NextBeginning)
            {
                // After white space at the end there is one that reaches beyond the text.
                if (position + node->LengthWithSpace > text.Length)
                    continue;
                var surface = text.Slice(position + node->LengthWithSpace - node->Length, node->Length);
                if (IsUsed(node, surface, longestUnknown))
                    Connect(costs, ending, node, node->WordCost + PenaltyOf(surface));
                else
                    node->Previous = null;
            }
        }

        var last = MecabLibrary.LastNode(lattice);
        Connect(costs, LastEnding(nodes, text.Length), last, 0);
        for (var node = last; node->Previous is not null; node = node->Previous)
            node->Previous->Next = node;
    }

    private static bool IsBestPathFree(MecabNode* first, nint nodes, ReadOnlySpan<byte> text)
    {
        var position = 0;
        for (var node = first->Next; node->Next is not null; node = node->Next)
        {
            var surface = text.Slice(position + node->LengthWithSpace - node->Length, node->Length);
            var isUsed = node->Status != MecabNode.Unknown || IsUsed(node, surface, LongestUnknown(MecabLibrary.NodesBeginningAt(nodes, (nuint)position)));
            if (!isUsed || PenaltyOf(surface) > 0)
                return false;
            position += node->LengthWithSpace;
        }

        return true;
    }

    private static void Connect(nint costs, MecabNode* ending, MecabNode* node, int own)
    {
        MecabNode* best = null;
        var cost = nint.MaxValue;
        for (var left = ending; left is not null; left = left->NextEnding)
        {
            // Only the first node of all has nothing before it and can be reached; the last one ends where it begins.
            if (left == node || (left->Previous is null && left->LengthWithSpace > 0))
                continue;
            var sum = left->Cost + MecabLibrary.TransitionCost(costs, left->RightAttribute, node->LeftAttribute) + own;
            if (sum >= cost)
                continue;
            best = left;
            cost = sum;
        }

        node->Previous = best;
        node->Cost = cost;
    }

    // White space at the end belongs to no node.
    private static MecabNode* LastEnding(nint nodes, int length)
    {
        var position = length;
        MecabNode* ending;
        while ((ending = MecabLibrary.NodesEndingAt(nodes, (nuint)position)) is null)
            position--;
        return ending;
    }

    private static int LongestUnknown(MecabNode* beginning)
    {
        var longest = 0;
        for (var node = beginning; node is not null; node = node->NextBeginning)
        {
            if (node->Status == MecabNode.Unknown)
                longest = Math.Max(longest, node->Length);
        }

        return longest;
    }

    // MeCab also offers the first one or two characters of an unknown word, and two unknown kanji as a word; Lucene does not.
    private static bool IsUsed(MecabNode* node, ReadOnlySpan<byte> surface, int longestUnknown)
    {
        if (node->Status != MecabNode.Unknown)
            return true;
        return node->CharacterType == KanjiType ? Units(surface) == 1 : node->Length == longestUnknown;
    }

    private static int PenaltyOf(ReadOnlySpan<byte> surface)
    {
        var units = Units(surface);
        if (units > FreeKanji && IsKanji(surface))
            return (units - FreeKanji) * CostOfMoreKanji;
        return units > FreeUnits ? (units - FreeUnits) * CostOfMoreUnits : 0;
    }

    private static int Units(ReadOnlySpan<byte> surface)
    {
        var units = 0;
        foreach (var value in surface)
            units += (value & 0xC0) == 0x80 ? 0 : 1;
        return units;
    }

    // All kanji of IPADIC's char.def have three bytes.
    private static bool IsKanji(ReadOnlySpan<byte> surface)
    {
        for (var i = 0; i < surface.Length; i += 3)
        {
            if (surface[i] < 0xE0)
                return false;
            var unit = ((surface[i] & 0x0F) << 12) | ((surface[i + 1] & 0x3F) << 6) | (surface[i + 2] & 0x3F);
            if (unit is not ((>= 0x4E00 and <= 0x9FA5) or (>= 0x3400 and <= 0x4DB5) or 0x3005 or 0x3007 or (>= 0x2E80 and <= 0x2EF3) or
                (>= 0x2F00 and <= 0x2FD5) or (>= 0xF900 and <= 0xFA2D) or (>= 0xFA30 and <= 0xFA6A)))
                return false;
        }

        return true;
    }
}
