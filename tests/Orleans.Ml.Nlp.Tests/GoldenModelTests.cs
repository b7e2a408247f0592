using System.Text.Json;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tests.Tasks;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Nlp.Tests;

/// <summary>The golden values beside the sample models: their tokens, and what tiny-ner's probabilities make of its texts.</summary>
public sealed class GoldenModelTests
{
    [Theory]
    [InlineData("tiny-ner", false, 256)]
    [InlineData("tiny-language", true, 128)]
    [InlineData("tiny-embedding", true, 128)]
    [InlineData("all-minilm-l6-v2", true, 512)]
    public async Task TokensAreThoseTheModelWasTestedWith(string name, bool lower, int max)
    {
        var folder = FolderOf(name);
        var model = Given.Embedding(await Given.VocabularyFileAsync(Path.Combine(folder, "vocabulary.json")), Given.Bert(lower, max: max));
        var golden = await ReadAsync(folder);
        var cases = golden.ValueKind == JsonValueKind.Array ? golden : golden.GetProperty("cases");

        var same = cases.EnumerateArray().Where(c => !IsWhereElasticsearchDiffers(c)).ToArray();

        foreach (var c in same)
        {
            var text = c.GetProperty("text").GetString()!;
            var ids = c.TryGetProperty("token_ids", out var named) ? named : c.GetProperty("ids");
            Assert.True(ids.Deserialize<long[]>().AsSpan().SequenceEqual(model.Bind(null).Prepare(text).Input.Argument(0)), text);
        }

        Assert.InRange(same.Length, cases.GetArrayLength() * 8 / 10, cases.GetArrayLength());
    }

    [Fact]
    public async Task EntitiesAreThoseTheModelWasTestedWith()
    {
        var folder = FolderOf("tiny-ner");
        var golden = await ReadAsync(folder);
        var labels = golden.GetProperty("labels").Deserialize<string[]>()!;
        var task = NlpModel.Create("tiny-ner", new NerConfig(Given.Bert(max: 256), null, [.. labels]),
            await Given.VocabularyFileAsync(Path.Combine(folder, "vocabulary.json"))).Bind(null);

        foreach (var c in golden.GetProperty("cases").EnumerateArray().Where(c => !IsWhereElasticsearchDiffers(c)))
        {
            var text = c.GetProperty("text").GetString()!;
            var best = c.GetProperty("token_labels").Deserialize<string[]>()!;
            var probabilities = c.GetProperty("token_probabilities").Deserialize<double[]>()!;
            var logits = best.Zip(probabilities).SelectMany(t => labels.Select(label =>
                (float)Math.Log(label == t.First ? t.Second : (1 - t.Second) / (labels.Length - 1)))).ToArray();

            var entities = Answer.To<NerResult>(task, text, (1, best.Length, labels.Length), logits).Entities;

            var expected = c.GetProperty("entities").EnumerateArray().Select(e => (
                e.GetProperty("entity").GetString()!, e.GetProperty("class_name").GetString()!,
                e.GetProperty("start_pos").GetInt32(), e.GetProperty("end_pos").GetInt32()));
            Assert.Equal(expected, entities.Select(e => (e.Entity, e.ClassName, e.StartPos, e.EndPos)));
        }
    }

    /// <summary>
    /// The values come from Hugging Face's tokenizer. It keeps emoji, drops the replacement character, splits at no-break spaces, knows all special
    /// tokens in texts and cuts no long runs (golden-tokenizers/README.md, accepted differences).
    /// </summary>
    private static bool IsWhereElasticsearchDiffers(JsonElement golden) =>
        golden.GetProperty("text").GetString()! is var text &&
        (text.Any(unit => char.IsSurrogate(unit) || unit is '\uFFFD' or '\u00A0' or '\u2007' or '\u202F') ||
            text.Contains("[SEP]", StringComparison.Ordinal) || text.Split(' ').Any(run => run.Length > 512));

    private static string FolderOf(string name) => name.StartsWith("tiny", StringComparison.Ordinal) ? TestModels.Sample(name) : TestModels.Shared(name);

    private static async Task<JsonElement> ReadAsync(string folder)
    {
        await using var file = File.OpenRead(Path.Combine(folder, "golden.json"));
        return await JsonSerializer.DeserializeAsync<JsonElement>(file, cancellationToken: TestContext.Current.CancellationToken);
    }
}
