using System.Globalization;
using System.Text;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>Makes text that a model may have chosen fit for logs, routes and JSON: one line, of sane length, nothing invisible.</summary>
internal static class ReasonText
{
    /// <summary>Most characters of a reason; what is cut off is marked.</summary>
    public const int MaxLength = 2000;

    private const string CutMark = "...";

    /// <summary>
    /// Folds white space and control characters into single spaces, drops what only changes how text is displayed (directions, zero widths), replaces
    /// broken surrogates, and cuts. Applying it again changes nothing.
    /// </summary>
    public static string Clean(string text, int maxLength = MaxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength + 1));
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Format)
                continue;
            if (category is UnicodeCategory.Control || Rune.IsWhiteSpace(rune))
            {
                if (clean.Length > 0 && clean[^1] != ' ')
                    clean.Append(' ');
                continue;
            }
            clean.Append(rune.ToString());
            if (clean.Length > maxLength)
                return Cut(clean, maxLength);
        }
        return clean.ToString().TrimEnd();
    }

    private static string Cut(StringBuilder text, int maxLength)
    {
        var end = maxLength - CutMark.Length;
        if (char.IsHighSurrogate(text[end - 1]))
            end--;
        return text.ToString(0, end).TrimEnd() + CutMark;
    }
}
