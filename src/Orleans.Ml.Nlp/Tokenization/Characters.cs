using System.Globalization;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>What WordPiece does with a UTF-16 unit.</summary>
internal enum CharacterKind : byte
{
    /// <summary>Part of a word.</summary>
    Plain,

    /// <summary>Does not exist: control, format, private use and all surrogates.</summary>
    Dropped,

    /// <summary>Between words.</summary>
    Space,

    /// <summary>A word of its own.</summary>
    Punctuation,

    /// <summary>CJK: a word of its own, except in Japanese.</summary>
    Ideograph,
}

/// <summary>Character classes of WordPiece (models-nlp-ingest-security.md §4.2, steps 1, 2 and 4), one table for all models.</summary>
internal static class Characters
{
    private static readonly CharacterKind[] Kinds = [.. Enumerable.Range(0, char.MaxValue + 1).Select(unit => Classify((char)unit))];

    public static CharacterKind KindOf(char unit) => Kinds[unit];

    /// <summary>Whether a unit separates words as Java's <c>Character.isWhitespace</c> says.</summary>
    public static bool IsWhiteSpace(char unit) => unit < '\u0080'
        ? unit is ' ' or (>= '\t' and <= '\r') or (>= '\u001C' and <= '\u001F')
        : IsSeparator(unit, CharUnicodeInfo.GetUnicodeCategory(unit));

    private static CharacterKind Classify(char unit)
    {
        var category = CharUnicodeInfo.GetUnicodeCategory(unit);
        if (IsDropped(unit, category))
            return CharacterKind.Dropped;
        if (IsSpace(unit, category))
            return CharacterKind.Space;
        if (IsPunctuation(unit, category))
            return CharacterKind.Punctuation;
        return IsIdeograph(unit) ? CharacterKind.Ideograph : CharacterKind.Plain;
    }

    private static bool IsDropped(char unit, UnicodeCategory category) => unit is not ('\n' or '\r' or '\t') && category is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    // Other control characters that are white space have been dropped before.
    private static bool IsSpace(char unit, UnicodeCategory category) => unit is '\n' or '\r' or '\t' || IsSeparator(unit, category);

    // The three no-break spaces stay inside a word.
    private static bool IsSeparator(char unit, UnicodeCategory category) =>
        unit is not ('\u00A0' or '\u2007' or '\u202F') && category is
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsPunctuation(char unit, UnicodeCategory category) =>
        unit is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~') ||
        category is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or
            UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or
            UnicodeCategory.OtherPunctuation;

    // Unified ideographs, extension A, compatibility ideographs. The others are above U+FFFF and dropped before.
    private static bool IsIdeograph(char unit) => unit is (>= '\u4E00' and <= '\u9FFF') or (>= '\u3400' and <= '\u4DBF') or (>= '\uF900' and <= '\uFAFF');
}
