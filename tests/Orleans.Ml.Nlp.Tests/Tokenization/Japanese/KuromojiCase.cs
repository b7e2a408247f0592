using System.Text.Json;

namespace Orleans.Ml.Nlp.Tests.Tokenization.Japanese;

/// <summary>A text and where Lucene's Japanese tokenizer sees words in it, which Elasticsearch uses; golden/README.md says how it was made.</summary>
internal sealed record KuromojiCase(string Text, int[][] Normal, int[][] Search)
{
    public static async Task<KuromojiCase[]> ReadAsync()
    {
        await using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Japanese", "golden.json"));
        return (await JsonSerializer.DeserializeAsync<KuromojiCase[]>(file, JsonSerializerOptions.Web, TestContext.Current.CancellationToken))!;
    }

    /// <summary>The words that Elasticsearch goes on with: each punctuation character is one of its own.</summary>
    /// <param name="searchMode">Which mode.</param>
    /// <param name="spaces">Whether white space is a word, a run of it one.</param>
    public string[] Words(bool searchMode, bool spaces)
    {
        var words = new List<string>();
        var isAfterSpace = false;
        foreach (var place in searchMode ? Search : Normal)
        {
            var word = Text[place[0]..place[1]];
            var isSpace = string.IsNullOrWhiteSpace(word) && word != "\u00A0";
            if (!isSpace)
                words.AddRange(SplitAtPunctuation(word));
            else if (spaces && !isAfterSpace)
                words.Add(" ");
            isAfterSpace = isSpace;
        }

        return [.. words];
    }

    private static IEnumerable<string> SplitAtPunctuation(string word)
    {
        var from = 0;
        for (var i = 0; i < word.Length; i++)
        {
            // ASCII symbols count as punctuation for BERT.
            if (!char.IsPunctuation(word[i]) && !(char.IsAscii(word[i]) && char.IsSymbol(word[i])))
                continue;
            if (i > from)
                yield return word[from..i];
            yield return word[i..(from = i + 1)];
        }

        if (from < word.Length)
            yield return word[from..];
    }
}
