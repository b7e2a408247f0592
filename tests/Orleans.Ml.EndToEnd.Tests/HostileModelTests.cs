using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Every archive of the hostile collection through the API: what its manifest asks for, and no harm to anybody else.</summary>
public sealed class HostileModelTests(ServerFixture fixture)
{
    private const string Config = """
        {"model_type":"pytorch","input":{"field_names":["text_field"]},
         "inference_config":{"pass_through":{"tokenization":{"bert":{"with_special_tokens":false}}}}}
        """;

    /// <summary>The longest a waiting start is given; a model that loads for ever is stopped afterwards.</summary>
    private const string Wait = "wait_for=started&timeout=15s";

    public static TheoryData<string> Archives(string must)
    {
        var data = new TheoryData<string>();
        foreach (var archive in Manifest()?["archives"]!.AsArray().Where(a => a!["must"]!.GetValue<string>() == must) ?? [])
            data.Add(archive!["file"]!.GetValue<string>());
        return data;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Archives), "must_work")]
    public async Task GivesTheExpectedAnswer_WhenTheModelIsOnlyUnusual(string file)
    {
        var archive = Archive(file);

        var outcome = await RunAsync(file, archive);

        if (outcome.Status != HttpStatusCode.OK && AlsoFine(archive).Count > 0)
        {
            AssertEnvelope(outcome);
            return;
        }

        Assert.True(outcome.Status == HttpStatusCode.OK, outcome.Body.ToJsonString());
        AssertNumbers(archive["expected"]!["predicted_value"]!, outcome.Body["inference_results"]![0]!["predicted_value"]!);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Archives), "error_at_infer")]
    public async Task AnswersAnErrorOrWhatIsAsGood_WhenTheModelFailsARequest(string file)
    {
        var archive = Archive(file);

        var outcome = await RunAsync(file, archive);

        if (outcome.Status != HttpStatusCode.OK)
        {
            AssertEnvelope(outcome);
            return;
        }

        var alsoFine = AlsoFine(archive);
        Assert.True(alsoFine.Intersect(["must_work", "strict_json"]).Any(), $"{file} was answered: {outcome.Body.ToJsonString()}");
        if (alsoFine.Contains("must_work"))
            AssertNumbers(archive["expected"]!["predicted_value"]!, outcome.Body["inference_results"]![0]!["predicted_value"]!);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Archives), "worker_may_die")]
    [MemberData(nameof(Archives), "refuse_before_start")]
    public async Task HarmsNobodyElse_WhenTheModelMeansHarm(string file)
    {
        var outcome = await RunAsync(file, Archive(file));

        if (outcome.Status != HttpStatusCode.OK)
            AssertEnvelope(outcome);
    }

    private static JsonNode? Manifest()
    {
        var folder = Environment.GetEnvironmentVariable("ORLEANS_ML_MODELS") ?? Path.Combine(TestModels.Repository, "..", "shared", "models");
        var path = Path.Combine(folder, "hostile", "manifest.json");
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
    }

    private static List<string> AlsoFine(JsonNode archive) => archive["also_fine"]?.AsArray().Select(a => a!.GetValue<string>()).ToList() ?? [];

    private static JsonNode Archive(string file) => Manifest()!["archives"]!.AsArray().Single(a => a!["file"]!.GetValue<string>() == file)!;

    /// <summary>Creates, starts, infers, stops and deletes; then the neighbours must still serve.</summary>
    private async Task<(HttpStatusCode Status, JsonNode Body)> RunAsync(string file, JsonNode archive)
    {
        var http = fixture.Http;
        var id = $"hostile-{Path.GetFileNameWithoutExtension(file).ToLowerInvariant()}";
        var vocabulary = new { vocabulary = Manifest()!["vocabulary"].Deserialize<string[]>() };
        var bytes = await File.ReadAllBytesAsync(TestModels.Shared("hostile", file), TestContext.Current.CancellationToken);
        await http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{id}", Config);
        var (status, body) = await http.SendJsonAsync(HttpMethod.Put, $"/_ml/trained_models/{id}/definition/0",
            new { definition = Convert.ToBase64String(bytes), total_definition_length = bytes.Length, total_parts = 1 });
        if (status == HttpStatusCode.OK)
        {
            await http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{id}/vocabulary", vocabulary);
            (status, body) = await http.PostJsonAsync($"/_ml/trained_models/{id}/deployment/_start?{Wait}");
            if (status == HttpStatusCode.OK)
                (status, body) = await http.PostJsonAsync($"/_ml/trained_models/{id}/_infer?timeout=5s", MlApi.InferBody(archive["expected"]?["text"]?.GetValue<string>() ?? "the quick fox"));
        }

        await http.MustAsync(HttpMethod.Delete, $"/_ml/trained_models/{id}?force=true");
        await http.InferAsync("tiny-language", "Wo ist der Bahnhof?");
        await http.InferAsync("tiny-embedding", "A dog is running in the park.");
        Assert.DoesNotContain(fixture.Server.WorkerProcesses(), p => ProcFs.CommandLine(p).Contains(id, StringComparison.Ordinal));
        return (status, body);
    }

    private static void AssertEnvelope((HttpStatusCode Status, JsonNode Body) outcome)
    {
        Assert.InRange((int)outcome.Status, 400, 503);
        var reason = outcome.Body["error"]!["reason"]!.GetValue<string>();
        Assert.Equal((int)outcome.Status, outcome.Body["status"]!.GetValue<int>());
        Assert.False(string.IsNullOrEmpty(outcome.Body["error"]!["type"]!.GetValue<string>()));
        Assert.InRange(reason.Length, 1, 5000);
        Assert.DoesNotContain(reason, char.IsControl);
    }

    private static void AssertNumbers(JsonNode expected, JsonNode actual)
    {
        var left = expected.AsArray().Select(r => r.Deserialize<double[]>()!).ToList();
        var right = actual.AsArray().Select(r => r.Deserialize<double[]>()!).ToList();
        Assert.Equal(left.Count, right.Count);
        Assert.All(left.Zip(right), row => Assert.Equal(row.First, row.Second));
    }
}
