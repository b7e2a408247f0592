using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

public sealed class GoldenTests(ServerFixture fixture)
{
    [Fact]
    public async Task EntitiesAreGolden_ForEveryTextOfTheNerModel()
    {
        foreach (var golden in Cases("tiny-ner").Where(IsTokenizedAsElasticsearchDoes))
        {
            var entities = (await fixture.Http.InferAsync("tiny-ner", golden["text"]!.GetValue<string>()))[0]!["entities"]!.AsArray();

            Assert.Equal(golden["entities"]!.AsArray().Select(Entity), entities.Select(Entity));
            Assert.All(golden["entities"]!.AsArray().Zip(entities), pair =>
                Assert.Equal(pair.First!["class_probability"]!.GetValue<double>(), pair.Second!["class_probability"]!.GetValue<double>(), 1e-4));
        }
    }

    [Fact]
    public async Task LabelsAreGolden_ForEveryTextOfTheLanguageModel()
    {
        foreach (var golden in Cases("tiny-language").Where(IsTokenizedAsElasticsearchDoes))
        {
            var result = (await fixture.Http.InferAsync("tiny-language", golden["text"]!.GetValue<string>()))[0]!;

            var best = golden["top_classes"]!.AsArray().Take(3).ToList();
            Assert.Equal(best[0]!["class_name"]!.GetValue<string>(), result["predicted_value"]!.GetValue<string>());
            Assert.Equal(best.Select(c => c!["class_name"]!.GetValue<string>()), result["top_classes"]!.AsArray().Select(c => c!["class_name"]!.GetValue<string>()));
            Assert.Equal(best[0]!["class_probability"]!.GetValue<double>(), result["prediction_probability"]!.GetValue<double>(), 1e-4);
        }
    }

    [Fact]
    public async Task VectorsAreGolden_ForEveryTextOfTheEmbeddingModel()
    {
        var golden = Cases("tiny-embedding").Where(IsTokenizedAsElasticsearchDoes).ToList();

        var results = (await fixture.Http.InferAsync("tiny-embedding", [.. golden.Select(g => g["text"]!.GetValue<string>())])).AsArray();

        Assert.All(golden.Zip(results), pair =>
        {
            var expected = Numbers(pair.First["predicted_value"]!);
            var actual = Numbers(pair.Second!["predicted_value"]!);
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), n => Assert.Equal(n.First, n.Second, 1e-4));
        });
    }

    [Fact]
    public async Task VectorsAreGolden_ForEveryTextOfMiniLm()
    {
        var folder = TestModels.Shared("all-minilm-l6-v2");
        await fixture.Http.CreateFromFolderAsync("minilm", folder);
        await fixture.Http.StartAsync("minilm");
        using var file = File.OpenRead(Path.Combine(folder, "golden.json"));
        var golden = (await JsonNode.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken))!.AsArray();

        var worst = 1.0;
        foreach (var one in golden)
        {
            var expected = Numbers((one!["elasticsearch"] ?? one)["embedding"] ?? one["embedding"]!);
            var result = (await fixture.Http.InferAsync("minilm", one["text"]!.GetValue<string>()))[0]!;
            var cosine = Cosine(expected, Numbers(result["predicted_value"]!));
            Assert.True(cosine > 0.9999, $"cosine {cosine} for: {one["text"]}");
            Assert.Equal(one["is_truncated"]?.GetValue<bool>() ?? false, result["is_truncated"]?.GetValue<bool>() ?? false);
            worst = Math.Min(worst, cosine);
        }

        Measured.Print($"all-minilm-l6-v2: {golden.Count} texts, worst cosine {worst}");
        await fixture.Http.StopAsync("minilm");
    }

    /// <summary>The golden files come from Hugging Face's tokenizer, which keeps emoji; Elasticsearch's documented rules drop them.</summary>
    private static bool IsTokenizedAsElasticsearchDoes(JsonNode golden) => !golden["text"]!.GetValue<string>().Any(char.IsSurrogate);

    private static IEnumerable<JsonNode> Cases(string sample)
    {
        var golden = JsonNode.Parse(File.ReadAllText(Path.Combine(TestModels.Sample(sample), "golden.json")))!;
        return golden["cases"]!.AsArray().Select(c => c!);
    }

    private static (string, string, int, int) Entity(JsonNode? entity) =>
        (entity!["entity"]!.GetValue<string>(), entity["class_name"]!.GetValue<string>(), entity["start_pos"]!.GetValue<int>(), entity["end_pos"]!.GetValue<int>());

    private static double[] Numbers(JsonNode numbers) => numbers.Deserialize<double[]>()!;

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b).Sum(p => p.First * p.Second) / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
}
