using System.Text.Json;
using Orleans.Ml.Models;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>One case of golden-tokenizers: a text or two and what the reference makes of them.</summary>
internal sealed record GoldenCase(
    string Text, string? Pair, GoldenOptions Options, string[] Tokens, long[] Ids, int[][] Offsets, int[] Words,
    GoldenRow[]? Windows, string[]? Differs, GoldenRow? Elasticsearch)
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Whether Elasticsearch's releases differ among themselves.</summary>
    public bool IsUnsettled => Differs is not null && Elasticsearch is null;

    /// <summary>What Elasticsearch makes of it: the first row.</summary>
    public GoldenRow Expected => new(
        Elasticsearch?.Tokens ?? Tokens, Elasticsearch?.Ids ?? Ids, Elasticsearch?.Offsets ?? Offsets, Elasticsearch?.Words ?? Words, null);

    /// <summary>What Elasticsearch makes of it: the ids of all rows.</summary>
    public long[][] ExpectedRows =>
        Windows?.Select((window, i) => Elasticsearch?.Windows?[i].Ids ?? window.Ids!).ToArray() ?? [Expected.Ids!];

    public static async Task<GoldenCase[]> ReadAsync(string folder)
    {
        await using var file = File.OpenRead(TestModels.Shared("golden-tokenizers", folder, "cases.json"));
        return (await JsonSerializer.DeserializeAsync<GoldenCase[]>(file, SnakeCase, TestContext.Current.CancellationToken))!;
    }

    public static Task<Nlp.Tokenization.Vocabulary> ReadVocabularyAsync(string folder) =>
        Given.VocabularyFileAsync(TestModels.Shared("golden-tokenizers", folder, "vocabulary.json"));
}

/// <summary>One row, special tokens included. Elasticsearch's has only the members that change.</summary>
internal sealed record GoldenRow(string[]? Tokens, long[]? Ids, int[][]? Offsets, int[]? Words, GoldenRow[]? Windows);

internal sealed record GoldenOptions(
    bool? DoLowerCase, bool WithSpecialTokens, bool? AddPrefixSpace, int MaxSequenceLength, string Truncate, int Span)
{
    public Models.Tokenization ToSettings(TokenizerKind kind) => new(
        kind, DoLowerCase ?? false, WithSpecialTokens, MaxSequenceLength, Enum.Parse<Truncate>(Truncate, ignoreCase: true), Span, AddPrefixSpace ?? false);
}
