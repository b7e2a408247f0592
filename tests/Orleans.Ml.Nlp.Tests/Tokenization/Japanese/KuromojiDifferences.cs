using System.Collections.Frozen;

namespace Orleans.Ml.Nlp.Tests.Tokenization.Japanese;

/// <summary>Every text of the golden cases in which MeCab's words are not Lucene's, and why.</summary>
internal static class KuromojiDifferences
{
    /// <summary>Text and our words, against the normal mode.</summary>
    public static IReadOnlyDictionary<string, string> Normal { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // Two kanji of which the first begins no word of the dictionary: MeCab offers both together as an unknown word (length 2 in char.def), Lucene
        // only the first.
        ["檸檬"] = "檸檬",
        ["鷗外"] = "鷗外",
        ["驫麤"] = "驫麤",
        ["㐂寿"] = "㐂寿",
        ["髙島屋"] = "髙島|屋",

        // An unknown word in katakana: MeCab also offers its first one and two characters, and known words may follow.
        ["渋谷ヒカリエ"] = "渋谷|ヒカリ|エ",
    }.ToFrozenDictionary();

    /// <summary>Text and our words, against the search mode.</summary>
    public static IReadOnlyDictionary<string, string> Search { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
    }.ToFrozenDictionary();
}
