namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Cuts a text that is too long into overlapping windows (models-nlp-ingest-security.md §4.5).</summary>
internal static class Windows
{
    /// <summary>Ranges of tokens that together cover all of them, in order.</summary>
    /// <param name="tokens">At least one.</param>
    /// <param name="width">Most tokens of a window, at least 1.</param>
    /// <param name="span">Tokens that neighbours share at least; less than <paramref name="width"/>.</param>
    public static List<(int Start, int End)> Split(ReadOnlySpan<Token> tokens, int width, int span)
    {
        var windows = new List<(int Start, int End)>();
        for (var start = 0; ;)
        {
            var end = EndOf(tokens, start, width, span);
            windows.Add((start, end));
            if (end == tokens.Length)
                return windows;
            var next = end - span;
            while (next > start + 1 && IsInsideWord(tokens, next))
                next--;
            start = next;
        }
    }

    private static int EndOf(ReadOnlySpan<Token> tokens, int start, int width, int span)
    {
        if (tokens.Length - start <= width)
            return tokens.Length;
        var end = start + width;
        while (end > start + 1 && IsInsideWord(tokens, end))
            end--;
        // A word that fills the window leaves no step forward; Elasticsearch would begin here for ever, we cut the word.
        return end - span > start ? end : start + width;
    }

    private static bool IsInsideWord(ReadOnlySpan<Token> tokens, int index) => tokens[index].Word == tokens[index - 1].Word;
}
