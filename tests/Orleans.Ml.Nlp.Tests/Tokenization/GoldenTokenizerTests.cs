using System.Globalization;
using System.Text.Json;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>What Hugging Face's tokenizers make of awkward texts, changed where Elasticsearch is known to differ.</summary>
public sealed class GoldenTokenizerTests
{
    public static TheoryData<string, TokenizerKind, int> Folders => new()
    {
        { "bert_uncased", TokenizerKind.Bert, 91 },
        { "bert_cased", TokenizerKind.Bert, 91 },
        { "mpnet", TokenizerKind.Mpnet, 91 },
        { "roberta", TokenizerKind.Roberta, 91 },
        { "xlm_roberta", TokenizerKind.XlmRoberta, 85 },
        { "deberta_v2", TokenizerKind.DebertaV2, 85 },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task RowsAreThoseOfTheReference(string folder, TokenizerKind kind, int count)
    {
        var vocabulary = await GoldenCase.ReadVocabularyAsync(folder);
        var cases = await GoldenCase.ReadAsync(folder);

        AssertNone(cases, c => CompareRows(c, kind, vocabulary));

        Assert.Equal(count, cases.Length);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task PlacesInTheTextAreThoseOfTheReference(string folder, TokenizerKind kind, int count)
    {
        var vocabulary = await GoldenCase.ReadVocabularyAsync(folder);
        var cases = await GoldenCase.ReadAsync(folder);

        AssertNone(cases, c => ComparePlaces(c, kind, vocabulary));

        Assert.Equal(count, cases.Length);
    }

    private static void AssertNone(GoldenCase[] cases, Func<GoldenCase, string?> problemOf)
    {
        var failures = cases.Select(c => (Case: c, Problem: problemOf(c))).Where(f => f.Problem is not null)
            .Select(f => $"{JsonSerializer.Serialize(f.Case.Text)} | {JsonSerializer.Serialize(f.Case.Pair)}: {f.Problem}").ToArray();

        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }

    private static string? CompareRows(GoldenCase c, TokenizerKind kind, Vocabulary vocabulary)
    {
        var settings = c.Options.ToSettings(kind);
        var encoder = new SequenceEncoder(Tokenizer.Create("model-1", settings, vocabulary), settings);
        using var first = encoder.Tokenize(c.Text);
        using var second = encoder.Tokenize(c.Pair ?? "");
        if (c.Pair is not null && !settings.WithSpecialTokens)
            return ComparePieces([.. c.Expected.Ids!], [.. first.Tokens, .. second.Tokens], vocabulary);
        var input = c.Pair is null ? encoder.Encode(first) : encoder.Pairs.Encode(first.Tokens, second.Tokens).Input;
        if (c.IsUnsettled)
            return null;

        var rows = Enumerable.Range(0, input.Rows).Select(row => Given.Row(input, row)).ToArray();
        return rows.Length == c.ExpectedRows.Length && rows.Zip(c.ExpectedRows).All(r => r.First.SequenceEqual(r.Second)) ? null
            : $"expected {Spell(c.ExpectedRows)} but got {Spell(rows)}";

        string Spell(long[][] ids) => string.Join(" / ", ids.Select(row => string.Join(' ', row.Select(id => vocabulary.Tokens[(int)id]))));
    }

    // Elasticsearch has no pairs without special tokens; the pieces are compared all the same.
    private static string? ComparePieces(long[] expected, Token[] tokens, Vocabulary vocabulary) =>
        expected.SequenceEqual(tokens.Select(t => (long)t.Id)) ? null
            : $"got {string.Join(' ', tokens.Select(t => vocabulary.Tokens[t.Id]))}";

    private static string? ComparePlaces(GoldenCase c, TokenizerKind kind, Vocabulary vocabulary)
    {
        if (c.IsUnsettled)
            return null;
        var settings = c.Options.ToSettings(kind);
        var tokenizer = Tokenizer.Create("model-1", settings, vocabulary);
        var expected = c.Expected;
        // The sequences of the first row: runs of places that are not special, at least one empty run for an empty text.
        var special = expected.Words!.Select(w => w < 0).ToArray();
        var firstLength = c.Pair is null ? special.Count(s => !s) : special.Skip(1).TakeWhile(s => !s).Count();
        if (c.Pair is not null && !settings.WithSpecialTokens)
            return null;
        var frame = settings.WithSpecialTokens ? 1 : 0;
        return CompareSequence(c.Text, frame, firstLength) ??
            (c.Pair is null ? null : CompareSequence(c.Pair, frame + firstLength + tokenizer.Layout.Separators, special.Count(s => !s) - firstLength));

        string? CompareSequence(string text, int offset, int length)
        {
            using var tokens = new TokenList();
            tokenizer.Tokenize(text, int.MaxValue, tokens);
            var places = expected.Offsets!.Skip(offset).Take(length).ToArray();
            var words = expected.Words!.Skip(offset).Take(length).ToArray();
            for (var i = 0; i < length; i++)
            {
                var problem = kind is TokenizerKind.XlmRoberta or TokenizerKind.DebertaV2
                    ? ComparePiece(tokens.Tokens[i], places[i], text, vocabulary)
                    : CompareWord(tokens.Tokens, i, text, places, words);
                if (problem is not null)
                    return $"token {i}: {problem}";
            }

            return null;
        }
    }

    /// <summary>
    /// All pieces of a word have the word's place. The library leaves out marks at its ends that were stripped, Elasticsearch does not; a word cut off
    /// by the end of the row is known up to its last piece only.
    /// </summary>
    private static string? CompareWord(ReadOnlySpan<Token> tokens, int i, string text, int[][] places, int[] words)
    {
        var token = tokens[i];
        if (token.Word != words[i])
            return $"belongs to word {token.Word}, expected {words[i]}";
        var pieces = Enumerable.Range(0, words.Length).Where(k => words[k] == token.Word).ToArray();
        var (start, end) = (places[pieces[0]][0], places[pieces[^1]][1]);
        // White space alone is nowhere in the library; here it is where it is.
        if (string.IsNullOrWhiteSpace(text[token.Start..token.End]) && start == end)
            return null;
        var isCut = pieces[^1] == words.Length - 1 && tokens.Length > words.Length;
        var restIsMarks = AreMarks(text, end, token.End);
        // Later pieces of a byte-pair word begin at the space before it.
        var startsRight = AreMarks(text, token.Start, start) || (i != pieces[0] && token.Start == start - 1 && text[token.Start] == ' ');
        return startsRight && (isCut || restIsMarks) ? null : $"is at {token.Start}-{token.End}, expected {start}-{end}";
    }

    /// <summary>
    /// A boundary alone is empty here and the character after it in the library; of unknown bytes the library knows the whole run only. Marks that
    /// became part of the character before them are part of its place here, not in the library.
    /// </summary>
    private static string? ComparePiece(Token token, int[] place, string text, Vocabulary vocabulary)
    {
        var piece = vocabulary.Tokens[token.Id];
        var isRight = piece == "\u2581" ? (token.Start, token.End) == (place[0], place[0])
            : piece.StartsWith("<0x", StringComparison.Ordinal) ? place[0] <= token.Start && (token.End <= place[1] || AreMarks(text, place[1], token.End))
            : token.Start == place[0] && AreMarks(text, place[1], token.End);
        return isRight ? null : $"[{piece}] is at {token.Start}-{token.End}, expected {place[0]}-{place[1]}";
    }

    private static bool AreMarks(string text, int start, int end) =>
        start <= end && text[start..end].All(unit => CharUnicodeInfo.GetUnicodeCategory(unit) == UnicodeCategory.NonSpacingMark);
}
