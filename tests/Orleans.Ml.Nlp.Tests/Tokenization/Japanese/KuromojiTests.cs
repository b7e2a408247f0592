using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization.Japanese;

/// <summary>Words of varied texts against those of Lucene's Japanese tokenizer, which Elasticsearch uses.</summary>
public sealed class KuromojiTests
{
    private const int Cases = 223;

    [Fact]
    public async Task WordsAreThoseOfTheNormalMode()
    {
        await AssertWordsAsync(searchMode: false, KuromojiDifferences.Normal);
    }

    [Fact]
    public async Task WordsAreThoseOfTheSearchMode_WhenAskedFor()
    {
        await AssertWordsAsync(searchMode: true, KuromojiDifferences.Search);
    }

    private static async Task AssertWordsAsync(bool searchMode, IReadOnlyDictionary<string, string> differences)
    {
        var cases = await KuromojiCase.ReadAsync();
        var vocabulary = Given.Vocabulary();
        var tokenizer = Tokenizer.Create("model-1", new(TokenizerKind.BertJapanese), vocabulary, new() { JapaneseSearchMode = searchMode });
        using var tokens = new TokenList();

        var failures = new List<string>();
        foreach (var c in cases)
        {
            tokens.Truncate(0);
            // Nothing is in the vocabulary, so each word is one unknown token.
            tokenizer.Tokenize(c.Text, int.MaxValue, tokens);
            var found = string.Join('|', tokens.Tokens.ToArray().Select(t => WordAt(c.Text, t)));
            var theirs = string.Join('|', c.Words(searchMode, spaces: searchMode));
            var expected = differences.GetValueOrDefault(c.Text, theirs);
            if (found != expected)
                failures.Add($"{c.Text}: expected {expected} but got {found}");
            if (expected == theirs && differences.ContainsKey(c.Text))
                failures.Add($"{c.Text}: is no difference");
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(Cases, cases.Length);
        Assert.Empty(differences.Keys.Except(cases.Select(c => c.Text)));
    }

    private static string WordAt(string text, Token token)
    {
        var word = text[token.Start..token.End];
        return string.IsNullOrWhiteSpace(word) && word != "\u00A0" ? " " : word;
    }
}
