namespace Orleans.Ml.Api.Wire;

/// <summary>Patterns in which <c>*</c> stands for any characters.</summary>
internal static class Wildcard
{
    // Greedy with one step back: linear in practice, and no pattern can make it explode.
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, i = 0, star = -1, resume = 0;
        while (i < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = i;
            }
            else if (p < pattern.Length && pattern[p] == text[i])
            {
                p++;
                i++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                i = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
