using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Orleans.Ml.Testing;

/// <summary>The API as curl would use it.</summary>
public static class MlApi
{
    private const int PartBytes = 1 << 20;

    /// <summary>Writes quotes and angle brackets as they are.</summary>
    public static JsonSerializerOptions Readable { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task<(HttpStatusCode Status, JsonNode Body)> GetJsonAsync(this HttpClient http, string path) => http.SendJsonAsync(HttpMethod.Get, path);

    public static Task<(HttpStatusCode Status, JsonNode Body)> PostJsonAsync(this HttpClient http, string path, object? body = null) => http.SendJsonAsync(HttpMethod.Post, path, body);

    public static async Task<(HttpStatusCode Status, JsonNode Body)> SendJsonAsync(this HttpClient http, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body switch
            {
                null => null,
                string text => new StringContent(text, Encoding.UTF8, "application/json"),
                _ => JsonContent.Create(body),
            },
        };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text2 = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Elasticsearch", Assert.Single(response.Headers.GetValues("X-Elastic-Product")));
        return (response.StatusCode, JsonNode.Parse(text2) ?? throw new JsonException($"{method} {path} answered {response.StatusCode} without JSON: {text2}"));
    }

    /// <summary>Sends and expects 200.</summary>
    public static async Task<JsonNode> MustAsync(this HttpClient http, HttpMethod method, string path, object? body = null)
    {
        var (status, answer) = await http.SendJsonAsync(method, path, body);
        Assert.True(status == HttpStatusCode.OK, $"{method} {path} answered {(int)status}: {answer.ToJsonString()}");
        return answer;
    }

    /// <summary>Creates a model from a folder with model.json, model.pt and vocabulary.json.</summary>
    public static async Task CreateFromFolderAsync(this HttpClient http, string modelId, string folder)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await http.CreateModelAsync(
            modelId,
            await File.ReadAllTextAsync(Path.Combine(folder, "model.json"), cancellation),
            await File.ReadAllBytesAsync(Path.Combine(folder, "model.pt"), cancellation),
            await File.ReadAllTextAsync(Path.Combine(folder, "vocabulary.json"), cancellation));
    }

    public static async Task CreateModelAsync(this HttpClient http, string modelId, string config, byte[] archive, string? vocabulary)
    {
        await http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{modelId}", config);
        var parts = Math.Max(1, (archive.Length + PartBytes - 1) / PartBytes);
        for (var part = 0; part < parts; part++)
        {
            var bytes = archive.AsSpan(part * PartBytes, Math.Min(PartBytes, archive.Length - (part * PartBytes)));
            await http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{modelId}/definition/{part}",
                new { definition = Convert.ToBase64String(bytes), total_definition_length = archive.Length, total_parts = parts });
        }

        if (vocabulary is not null)
            await http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{modelId}/vocabulary", vocabulary);
    }

    public static Task<JsonNode> StartAsync(this HttpClient http, string modelId, string query = "wait_for=fully_allocated&timeout=60s") =>
        http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/{modelId}/deployment/_start?{query}");

    public static Task<JsonNode> StopAsync(this HttpClient http, string deploymentId) =>
        http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/{deploymentId}/deployment/_stop");

    public static async Task<JsonNode> InferAsync(this HttpClient http, string id, params string[] texts)
    {
        var answer = await http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/{id}/_infer?timeout=30s", InferBody(texts));
        return answer["inference_results"]!;
    }

    /// <summary>A model written by hand, created and started.</summary>
    public static async Task DeployScriptAsync(this HttpClient http, string id, byte[] archive, string query = "wait_for=fully_allocated&timeout=60s")
    {
        await http.CreateModelAsync(id, ScriptArchive.Config, archive, ScriptArchive.VocabularyJson);
        await http.StartAsync(id, query);
    }

    /// <summary>The <c>deployment_stats</c> of a deployment; null when there is none.</summary>
    public static async Task<JsonNode?> DeploymentStatsAsync(this HttpClient http, string deploymentId)
    {
        var stats = (await http.MustAsync(HttpMethod.Get, $"/_ml/trained_models/{deploymentId}/_stats"))["trained_model_stats"]!.AsArray();
        return stats.Select(s => s!["deployment_stats"]).SingleOrDefault(d => d?["deployment_id"]!.GetValue<string>() == deploymentId);
    }

    /// <summary>Asks for a deployment's stats until they say what is expected; stats are the only sign of what goes on inside.</summary>
    public static async Task<JsonNode> UntilStatsAsync(this HttpClient http, string deploymentId, string expectation, Predicate<JsonNode> isReached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var stats = await http.DeploymentStatsAsync(deploymentId);
            if (stats is not null && isReached(stats))
                return stats;
            Assert.False(limit.IsCancellationRequested, $"[{deploymentId}] never reached [{expectation}], it stayed at {stats?.ToJsonString() ?? "no deployment"}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>A counter in a deployment's stats, on its only node; counters that are 0 may be absent.</summary>
    public static int Counter(this JsonNode deploymentStats, string name) =>
        deploymentStats["nodes"]!.AsArray().Single()![name]?.GetValue<int>() ?? 0;

    public static object InferBody(params string[] texts) => new { docs = texts.Select(t => new { text_field = t }).ToArray() };

    /// <summary>A sample model, created and started once.</summary>
    public static async Task DeploySampleAsync(this HttpClient http, string name)
    {
        await http.CreateFromFolderAsync(name, TestModels.Sample(name));
        await http.StartAsync(name);
    }
}
