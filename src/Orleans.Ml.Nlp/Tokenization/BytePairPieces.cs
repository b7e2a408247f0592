using System.Globalization;
using System.Text;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// Cuts text as GPT-2's pattern does: contractions, letters, numbers and other characters, each with a space before it, and white space. Classes are
/// those of whole characters, those above U+FFFF included; white space is Unicode's.
/// </summary>
internal static class BytePairPieces
{
    /// <summary>UTF-16 units; a longer run of one class is several pieces, so that memory and time stay in bounds.</summary>
    public const int MaxLength = 16 * 1024;

    private enum CharacterClass
    {
        WhiteSpace,
        Letter,
        Number,
        Other,
    }

    /// <summary>The length of the piece a text begins with.</summary>
    /// <param name="text">Not empty.</param>
    public static int LengthOfFirst(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is > 0 and var contraction)
            return contraction;
        var begin = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        var kind = ClassOf(text[begin..], out var length);
        if (kind != CharacterClass.WhiteSpace)
            return RunLength(text, kind, begin + length);
        var end = RunLength(text, CharacterClass.WhiteSpace, 1);
        // The last one belongs to what comes next, unless it is all there is.
        return end == text.Length || end == 1 ? end : end - 1;
    }

    private static int ContractionLength(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r', 'e', ..] or ['\'', 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };

    private static int RunLength(ReadOnlySpan<char> text, CharacterClass kind, int end)
    {
        while (end < text.Length && end < MaxLength && ClassOf(text[end..], out var length) == kind)
            end += length;
        return end;
    }

    private static CharacterClass ClassOf(ReadOnlySpan<char> text, out int length)
    {
        length = 1;
        var unit = text[0];
        if (char.IsAsciiLetter(unit))
            return CharacterClass.Letter;
        if (char.IsAsciiDigit(unit))
            return CharacterClass.Number;
        if (char.IsWhiteSpace(unit))
            return CharacterClass.WhiteSpace;
        Rune.DecodeFromUtf16(text, out var rune, out length);
        return (char.IsSurrogate(unit) ? Rune.GetUnicodeCategory(rune) : CharUnicodeInfo.GetUnicodeCategory(unit)) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or
                UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
