using System.Globalization;
using System.Text.Json;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>What Hugging Face's tokenizers make of awkward texts, changed where Elasticsearch is known to differ.</summary>
public sealed class GoldenTokenizerTests
{
    [Theory]
    [InlineData("bert_uncased", 75)]
    [InlineData("bert_cased", 70)]
    public async Task TokensWordsAndOffsetsAreThoseOfTheReference_ForSingleTexts(string folder, int atLeast)
    {
        var vocabulary = await Given.VocabularyFileAsync(TestModels.Shared("golden-tokenizers", folder, "vocabulary.json"));
        var cases = (await ReadAsync(folder)).Where(c => c.Pair is null && c.Windows is null).ToArray();

        var failures = cases.Select(c => (c.Text, Problem: Compare(c, vocabulary))).Where(f => f.Problem is not null).ToArray();

        Assert.True(failures.Length == 0, string.Join('\n', failures.Select(f => $"{JsonSerializer.Serialize(f.Text)}: {f.Problem}")));
        Assert.InRange(cases.Length, atLeast, int.MaxValue);
    }

    [Theory]
    [InlineData("bert_uncased")]
    [InlineData("bert_cased")]
    public async Task RowsAreThoseOfTheReference_ForSingleTextsInWindows(string folder)
    {
        var vocabulary = await Given.VocabularyFileAsync(TestModels.Shared("golden-tokenizers", folder, "vocabulary.json"));
        var cases = (await ReadAsync(folder)).Where(c => c.Pair is null && c.Windows is not null).ToArray();

        foreach (var c in cases)
        {
            var input = Given.PassThrough(vocabulary, c.Options.ToSettings()).Bind(null).Prepare(c.Text).Input;

            var rows = Enumerable.Range(0, input.Rows).Select(row => Given.Row(input, row)).ToArray();
            Assert.True(c.Windows!.Select(w => w.Ids).SequenceEqual(rows, new RowComparer()), c.Text);
        }

        Assert.NotEmpty(cases);
    }

    [Theory]
    [InlineData("bert_uncased")]
    [InlineData("bert_cased")]
    public async Task EachTextOfAPairIsTokenizedAsInTheReference_WhenNothingIsCut(string folder)
    {
        var vocabulary = await Given.VocabularyFileAsync(TestModels.Shared("golden-tokenizers", folder, "vocabulary.json"));
        var checkedCases = 0;

        foreach (var c in (await ReadAsync(folder)).Where(c => c.Pair is not null && c.Windows is null && c.Options.WithSpecialTokens))
        {
            var first = Given.Tokenize(vocabulary, c.Text, c.Options.DoLowerCase).Select(t => (long)t.Id).ToArray();
            var second = Given.Tokenize(vocabulary, c.Pair!, c.Options.DoLowerCase).Select(t => (long)t.Id).ToArray();
            if (first.Length + second.Length + 3 > c.Options.MaxSequenceLength)
                continue;

            var expected = (c.Elasticsearch ?? c.ToRow()).Ids.Where((_, i) => i != 0 && i != first.Length + 1).SkipLast(1);
            Assert.True(expected.SequenceEqual(first.Concat(second)), $"{c.Text} | {c.Pair}");
            checkedCases++;
        }

        Assert.NotEqual(0, checkedCases);
    }

    private static string? Compare(GoldenCase c, Vocabulary vocabulary)
    {
        var expected = c.Elasticsearch ?? c.ToRow();
        var settings = c.Options.ToSettings();
        var encoder = new SequenceEncoder(Tokenizer.Create("model-1", settings, vocabulary), settings);
        using var tokens = encoder.Tokenize(c.Text);
        var ids = Given.Row(encoder.Encode(tokens), 0);
        if (!ids.SequenceEqual(expected.Ids))
            return $"expected {string.Join(' ', expected.Tokens)} but got {string.Join(' ', ids.Select(id => vocabulary.Tokens[(int)id]))}";

        var frame = c.Options.WithSpecialTokens ? 1 : 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens.Tokens[i];
            if (token.Word != expected.Words[i + frame])
                return $"token {i} belongs to word {token.Word}, expected {expected.Words[i + frame]}";

            // All pieces of a word have the word's offsets. The library leaves out marks at its end that were stripped, Elasticsearch does not;
            // a word cut off by the end of the row is known up to its last piece only.
            var pieces = Enumerable.Range(0, expected.Words.Length).Where(k => expected.Words[k] == token.Word).ToArray();
            var (start, end) = (expected.Offsets[pieces[0]][0], expected.Offsets[pieces[^1]][1]);
            var isCut = i + frame + pieces.Length >= expected.Words.Length - frame && c.Options.MaxSequenceLength == ids.Length;
            var restIsMarks = end <= token.End && c.Text[end..token.End].All(u => CharUnicodeInfo.GetUnicodeCategory(u) == UnicodeCategory.NonSpacingMark);
            if (token.Start != start || (!isCut && !restIsMarks))
                return $"token {i} is at {token.Start}-{token.End}, expected {start}-{end}";
        }

        return null;
    }

    private static async Task<GoldenCase[]> ReadAsync(string folder)
    {
        await using var file = File.OpenRead(TestModels.Shared("golden-tokenizers", folder, "cases.json"));
        return (await JsonSerializer.DeserializeAsync<GoldenCase[]>(file, SnakeCase, TestContext.Current.CancellationToken))!;
    }

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record GoldenOptions(bool DoLowerCase, bool WithSpecialTokens, int MaxSequenceLength, string Truncate, int Span)
    {
        public Models.Tokenization ToSettings() =>
            Given.Bert(DoLowerCase, WithSpecialTokens, MaxSequenceLength, Enum.Parse<Truncate>(Truncate, ignoreCase: true), Span);
    }

    private sealed record GoldenRow(string[] Tokens, long[] Ids, int[][] Offsets, int[] Words);

    private sealed record GoldenCase(
        string Text, string? Pair, GoldenOptions Options, string[] Tokens, long[] Ids, int[][] Offsets, int[] Words,
        GoldenRow[]? Windows, GoldenRow? Elasticsearch)
    {
        public GoldenRow ToRow() => new(Tokens, Ids, Offsets, Words);
    }

    private sealed class RowComparer : IEqualityComparer<long[]>
    {
        public bool Equals(long[]? x, long[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(long[] obj) => obj.Length;
    }
}
