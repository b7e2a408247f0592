using System.Diagnostics;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>Every tokenizer on a text that fills a row of 128 tokens, against the forward pass of models of that length.</summary>
internal static class TokenizerSpeed
{
    private const int Length = 128;
    private const int Rounds = 9;
    private const int TextsPerRound = 2000;
    private const string Prose =
        "The quick brown fox jumps over the lazy dog, and nobody in the old town of München could explain why; it's a question of time. ";

    private const string JapaneseProse =
        "素早い茶色の狐がのろまな犬を飛び越えたが、ミュンヘンの古い町では誰もその理由を説明できず、自然言語処理の研究者も首をかしげている。それは時間の問題だ。";

    private static readonly (string Folder, TokenizerKind Kind)[] Families =
    [
        ("bert_uncased", TokenizerKind.Bert), ("mpnet", TokenizerKind.Mpnet), ("roberta", TokenizerKind.Roberta),
        ("xlm_roberta", TokenizerKind.XlmRoberta), ("deberta_v2", TokenizerKind.DebertaV2),
    ];

    public static async Task RunAsync()
    {
        Report.Heading($"Tokenizing a text of {Length} tokens against a forward pass of that length");
        Report.Columns("tokenizer", "µs per text", "bytes allocated per text", "tiny-language forward / tokenizing", "all-minilm-l6-v2 forward / tokenizing");
        var smallest = await RawLoop.RunAsync(Path.Combine(TestModels.Sample("tiny-language"), "model.pt"), Length, 1, TimeSpan.FromSeconds(3));
        var minilm = await RawLoop.RunAsync(TestModels.Shared("all-minilm-l6-v2", "model.pt"), Length, 1, TimeSpan.FromSeconds(3));
        foreach (var (folder, kind) in Families)
        {
            await using var file = File.OpenRead(TestModels.Shared("golden-tokenizers", folder, "vocabulary.json"));
            var tokenizer = Tokenizer.Create(folder, new(kind, DoLowerCase: kind is TokenizerKind.Bert or TokenizerKind.Mpnet),
                await Vocabulary.ReadAsync(file, CancellationToken.None));
            Row(folder, Measure(tokenizer, Prose));
        }

        Row("bert_ja", Measure(CreateJapanese(searchMode: false), JapaneseProse));
        Row("bert_ja, search mode", Measure(CreateJapanese(searchMode: true), JapaneseProse));

        void Row(string name, (double Microseconds, long Bytes) measured) => Report.Row(name, measured.Microseconds, measured.Bytes,
            smallest.P50Milliseconds * 1000 / measured.Microseconds, minilm.P50Milliseconds * 1000 / measured.Microseconds);
    }

    /// <summary>With a vocabulary that has all words of the text, as most words of a model's are.</summary>
    private static Tokenizer CreateJapanese(bool searchMode)
    {
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        using var words = new TokenList();
        Create([]).Tokenize(JapaneseProse, int.MaxValue, words);
        return Create([.. words.Tokens.ToArray().Select(word => JapaneseProse[word.Start..word.End]).Distinct()]);

        Tokenizer Create(string[] known) => Tokenizer.Create(
            "bert_ja", new(TokenizerKind.BertJapanese), new([.. special, .. known]), new() { JapaneseSearchMode = searchMode });
    }

    private static (double Microseconds, long Bytes) Measure(Tokenizer tokenizer, string prose)
    {
        using var tokens = new TokenList();
        var text = string.Concat(Enumerable.Repeat(prose, 10));
        tokenizer.Tokenize(text, Length, tokens);
        text = text[..tokens.Tokens[Length - 3].End];
        var rounds = new double[Rounds];
        var before = 0L;
        // The first half warms up.
        for (var round = -Rounds; round < Rounds; round++)
        {
            if (round == 0)
                before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < TextsPerRound; i++)
            {
                tokens.Truncate(0);
                tokenizer.Tokenize(text, int.MaxValue, tokens);
            }

            if (round >= 0)
                rounds[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / TextsPerRound;
        }

        return (Report.Median(rounds), (GC.GetAllocatedBytesForCurrentThread() - before) / (Rounds * TextsPerRound));
    }
}
