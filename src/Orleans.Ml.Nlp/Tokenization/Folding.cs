using System.Collections.Frozen;
using System.Globalization;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// Lower case without accents, unit by unit: canonical decomposition, then no marks of category Mn, then simple lower case.
/// Carries its own decompositions because <see cref="string.Normalize()"/> does nothing under InvariantGlobalization.
/// NFD would also reorder marks; among those that are left that could only touch two unequal Mc marks side by side, which no script writes.
/// </summary>
internal static class Folding
{
    /// <summary>Most units that one unit becomes: a Hangul syllable is three letters.</summary>
    public const int MaxGrowth = 3;

    // Marks in the table: surrogates, which no unit folds to on its own.
    private const char Nothing = '\uD800';
    private const char Several = '\uD801';
    private const char FirstHangul = '\uAC00';
    private const char LastHangul = '\uD7A3';

    private static readonly FrozenDictionary<char, string> Decompositions = ReadDecompositions();
    private static readonly char[] Singles = [.. Enumerable.Range(0, char.MaxValue + 1).Select(unit => FoldSingle((char)unit))];

    /// <summary>Simple lower case of one unit, as Java's: the dotted capital I is the one that .NET leaves alone.</summary>
    public static char Lower(char unit) => unit == '\u0130' ? 'i' : char.ToLowerInvariant(unit);

    /// <summary>Writes the folded form and returns its length, which may be 0.</summary>
    /// <param name="word">Any units but surrogates, which WordPiece drops before; they would go here.</param>
    /// <param name="folded">Room for <see cref="MaxGrowth"/> times as many.</param>
    public static int Fold(ReadOnlySpan<char> word, Span<char> folded)
    {
        var length = 0;
        foreach (var unit in word)
        {
            var single = Singles[unit];
            if (single is not (Nothing or Several))
                folded[length++] = single;
            else if (single == Several)
                length += FoldSeveral(unit, folded[length..]);
        }

        return length;
    }

    private static char FoldSingle(char unit)
    {
        if (IsMark(unit) || char.IsSurrogate(unit))
            return Nothing;
        if (unit is >= FirstHangul and <= LastHangul)
            return Several;
        if (!Decompositions.TryGetValue(unit, out var parts))
            return Lower(unit);
        return parts.Length switch { 0 => Nothing, 1 => parts[0], _ => Several };
    }

    private static int FoldSeveral(char unit, Span<char> folded)
    {
        if (Decompositions.TryGetValue(unit, out var parts))
        {
            parts.CopyTo(folded);
            return parts.Length;
        }

        // The Unicode Standard, chapter 3.12: 19 leading consonants, 21 vowels, 27 trailing consonants or none.
        var (leadAndVowel, trail) = Math.DivRem(unit - FirstHangul, 28);
        folded[0] = (char)(0x1100 + (leadAndVowel / 21));
        folded[1] = (char)(0x1161 + (leadAndVowel % 21));
        if (trail == 0)
            return 2;
        folded[2] = (char)(0x11A7 + trail);
        return 3;
    }

    private static bool IsMark(char unit) => CharUnicodeInfo.GetUnicodeCategory(unit) == UnicodeCategory.NonSpacingMark;

    private static FrozenDictionary<char, string> ReadDecompositions()
    {
        var decompositions = new Dictionary<char, string>();
        using var resource = typeof(Folding).Assembly.GetManifestResourceStream("decompositions.txt")!;
        using var lines = new StreamReader(resource);
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var units = line.Split(' ').Select(hex => (char)ushort.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            decompositions[units[0]] = new([.. units.Skip(1).Where(unit => !IsMark(unit)).Select(Lower)]);
        }

        return decompositions.ToFrozenDictionary();
    }
}
