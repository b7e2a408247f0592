using CsCheck;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>What holds for every tokenizer with a vocabulary of real size.</summary>
public sealed class TokenizerFamilyTests
{
    public static TheoryData<string, TokenizerKind> Families => new()
    {
        { "bert_uncased", TokenizerKind.Bert },
        { "bert_cased", TokenizerKind.BertJapanese },
        { "mpnet", TokenizerKind.Mpnet },
        { "roberta", TokenizerKind.Roberta },
        { "xlm_roberta", TokenizerKind.XlmRoberta },
        { "deberta_v2", TokenizerKind.DebertaV2 },
    };

    // Mostly units that some rule treats specially, sometimes any of the 65,536.
    private static readonly string[] Special =
    [
        " ", "  ", "\n", "\r\n", "\t", "<mask>", "[MASK]", "[CLS]", "<s>", "<", "[", "'s", "'", "1", "中", "日本語", "カナ", "が", "。", "\u3000", "é", "e\u0301", "\u0301", "한", "\u00A0", "\u0085",
        "\u200B", "\u200D", "😀", "👍🏽", "\uD83D", "\uDE00", "İ", "\0", "\uFFFD", "\u2581", "ﬁ", "\u0644\u0627",
    ];

    private static readonly Gen<string> Texts = Gen.OneOf(
            Gen.Char['a', 'e'].Select(c => $"{c}"),
            Gen.Int[0, Special.Length - 1].Select(i => Special[i]),
            Gen.Char.Select(c => $"{c}"),
            Gen.Int[0, 600].Select(n => new string('a', n)))
        .Array[0, 60].Select(string.Concat);

    [Theory]
    [MemberData(nameof(Families))]
    public async Task PlacesAreInsideTheTextAndWordsCountUp_WhateverTheText(string folder, TokenizerKind kind)
    {
        var vocabulary = await GoldenCase.ReadVocabularyAsync(folder);
        var tokenizer = Tokenizer.Create("model-1", new(kind, AddPrefixSpace: true), vocabulary);

        Texts.Sample(text =>
        {
            using var tokens = new TokenList();
            tokenizer.Tokenize(text, int.MaxValue, tokens);
            var (word, start) = (-1, 0);
            foreach (var token in tokens.Tokens)
            {
                Assert.InRange(token.Id, 0, vocabulary.Tokens.Length - 1);
                Assert.InRange(token.End, token.Start, text.Length);
                Assert.InRange(token.Word, Math.Max(0, word), word + 1);
                if (token.Word != word)
                    Assert.True(token.Start >= start, $"word {token.Word} begins at {token.Start}, the one before at {start}");
                (word, start) = (token.Word, token.Start);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task TokensUpToALimitAreThoseOfTheWholeText(string folder, TokenizerKind kind)
    {
        var tokenizer = Tokenizer.Create("model-1", new(kind), await GoldenCase.ReadVocabularyAsync(folder));

        Gen.Select(Texts, Gen.Int[0, 40]).Sample((text, limit) =>
        {
            using var all = new TokenList();
            using var some = new TokenList();
            tokenizer.Tokenize(text, int.MaxValue, all);
            tokenizer.Tokenize(text, limit, some);
            Assert.Equal(all.Tokens[..Math.Min(limit, all.Count)], some.Tokens[..Math.Min(limit, some.Count)]);
            Assert.Equal(all.Count > limit, some.Count > limit);
        });
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task TokenizingAllocatesNothingPerToken(string folder, TokenizerKind kind)
    {
        var tokenizer = Tokenizer.Create("model-1", new(kind), await GoldenCase.ReadVocabularyAsync(folder));
        var text = string.Concat(Enumerable.Repeat("It's a größere Straße, да 中文 e\u0301 ﬁ 12.5! 日本語を使う。 ", 20));
        using var tokens = new TokenList();
        tokenizer.Tokenize(text, int.MaxValue, tokens);

        var allocated = Allocated.Least(() =>
        {
            tokens.Truncate(0);
            tokenizer.Tokenize(text, int.MaxValue, tokens);
        });

        Assert.InRange(tokens.Count, 200, int.MaxValue);
        Assert.InRange(allocated, 0, 256);
    }
}
