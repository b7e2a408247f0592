using System.Text.Json;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

public sealed class GoldenTests
{
    [Fact]
    public async Task GivesTheGoldenVectors_OfTinyEmbedding()
    {
        await using var workers = new TestWorkers();
        var (worker, _) = await workers.StartReadyAsync(TestWorkers.Settings(TestWorkers.TinyEmbedding));

        foreach (var golden in Read(TestModels.Sample("tiny-embedding")).GetProperty("cases").EnumerateArray())
        {
            var answer = await TestWorkers.InferAsync(worker, Longs(golden.GetProperty("token_ids")));

            AssertClose(Floats(golden.GetProperty("predicted_value")), answer.Values);
        }
    }

    [Fact]
    public async Task GivesTheGoldenProbabilities_OfTinyNer()
    {
        await using var workers = new TestWorkers();
        var (worker, _) = await workers.StartReadyAsync(TestWorkers.Settings(Path.Combine(TestModels.Sample("tiny-ner"), "model.pt")));
        var goldens = Read(TestModels.Sample("tiny-ner"));
        var labels = goldens.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ToList();

        foreach (var golden in goldens.GetProperty("cases").EnumerateArray())
        {
            var answer = await TestWorkers.InferAsync(worker, Longs(golden.GetProperty("token_ids")));

            var rows = answer.Values.Chunk(answer.Shape.Columns).Select(Softmax).ToList();
            Assert.Equal(
                golden.GetProperty("token_labels").EnumerateArray().Select(label => label.GetString()),
                rows.Select(row => labels[Array.IndexOf(row, row.Max())]));
            AssertClose(Floats(golden.GetProperty("token_probabilities")), rows.Select(row => row.Max()));
        }
    }

    [Fact]
    public async Task GivesTheGoldenEmbeddings_OfAllMiniLm()
    {
        await using var workers = new TestWorkers();
        var (worker, _) = await workers.StartReadyAsync(TestWorkers.Settings(TestModels.Shared("all-minilm-l6-v2", "model.pt"), allocations: 2));

        foreach (var golden in Read(TestModels.Shared("all-minilm-l6-v2")).EnumerateArray())
        {
            var answer = await TestWorkers.InferAsync(worker, Longs(golden.GetProperty("ids")));

            // Both are of length one.
            Assert.True(Floats(golden.GetProperty("embedding")).Zip(answer.Values, (a, b) => a * b).Sum() > 0.9999);
        }
    }

    [Fact]
    public async Task JoinsRowsOnTheFirstDimension_WhenADocumentHasSeveral()
    {
        await using var workers = new TestWorkers();
        var (worker, _) = await workers.StartReadyAsync(TestWorkers.Settings(TestWorkers.TinyEmbedding));
        long[] first = [2, 43, 2182, 3];
        long[] second = [2, 287, 1054, 3];

        var together = await TestWorkers.InferAsync(worker, new TestRequest(TestRequest.Bert(first, second)));

        Assert.Equal((1, 2, 128), together.Shape);
        AssertClose((await TestWorkers.InferAsync(worker, first)).Values, together.Values[..128]);
        AssertClose((await TestWorkers.InferAsync(worker, second)).Values, together.Values[128..]);
    }

    private static void AssertClose(IEnumerable<float> expected, IEnumerable<float> actual) =>
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < 1e-4);

    private static float[] Softmax(float[] logits)
    {
        var exponentials = logits.Select(logit => MathF.Exp(logit - logits.Max())).ToArray();
        return [.. exponentials.Select(exponential => exponential / exponentials.Sum())];
    }

    private static JsonElement Read(string folder) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json"))).RootElement;

    private static List<long> Longs(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt64())];

    private static List<float> Floats(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetSingle())];
}
