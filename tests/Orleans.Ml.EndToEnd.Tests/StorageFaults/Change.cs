using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>One change that a client asks for, and how one sees whether it has happened.</summary>
/// <param name="Name">What is changed.</param>
/// <param name="Method">HTTP's.</param>
/// <param name="Path">And the query.</param>
/// <param name="Body">JSON; null for none.</param>
/// <param name="IsDoneAsync">Looks.</param>
internal sealed record Change(string Name, HttpMethod Method, string Path, object? Body, Func<HttpClient, Task<bool>> IsDoneAsync)
{
    private const string Models = "/_ml/trained_models";

    public override string ToString() => Name;

    public async Task<ChangeAnswer> AskAsync(HttpClient http)
    {
        var clock = Stopwatch.StartNew();
        var (status, body) = await http.SendJsonAsync(Method, Path, Body);
        return new(this, status, body, clock.Elapsed);
    }

    /// <summary>Makes what the changes of a round are about: models and deployments whose names end with the round's.</summary>
    public static async Task<IReadOnlyList<Change>> PrepareAsync(HttpClient http, string round)
    {
        var (config, archive, vocabulary) = await ReadSampleAsync("tiny-ner");
        foreach (var id in new[] { $"partless-{round}", $"wordless-{round}", $"doomed-{round}" })
            await http.MustAsync(HttpMethod.Put, $"{Models}/{id}", config);
        await http.CreateModelAsync($"ready-{round}", config, archive, vocabulary);
        foreach (var id in new[] { $"ending-{round}", $"growing-{round}" })
            await http.StartAsync($"ready-{round}", $"deployment_id={id}&wait_for=fully_allocated&timeout=60s");
        object part = new { definition = Convert.ToBase64String(archive), total_definition_length = archive.Length, total_parts = 1 };
        return
        [
            new("PUT model", HttpMethod.Put, $"{Models}/fresh-{round}", config, http => ExistsAsync(http, $"fresh-{round}")),
            new("PUT definition", HttpMethod.Put, $"{Models}/partless-{round}/definition/0", part, http => IsDefinedAsync(http, $"partless-{round}")),
            new("PUT vocabulary", HttpMethod.Put, $"{Models}/wordless-{round}/vocabulary", vocabulary, http => IsRefusedAsync(http, $"{Models}/wordless-{round}/vocabulary", vocabulary)),
            new("PUT alias", HttpMethod.Put, $"{Models}/ready-{round}/model_aliases/alias-{round}", null, http => ExistsAsync(http, $"alias-{round}")),
            new("_start", HttpMethod.Post, $"{Models}/ready-{round}/deployment/_start?deployment_id=begun-{round}&timeout=60s", null, http => IsDeployedAsync(http, round, $"begun-{round}")),
            new("_update", HttpMethod.Post, $"{Models}/growing-{round}/deployment/_update", new { number_of_allocations = 2 }, http => HasTwoAsync(http, round, $"growing-{round}")),
            new("_stop", HttpMethod.Post, $"{Models}/ending-{round}/deployment/_stop", null, async http => !await IsDeployedAsync(http, round, $"ending-{round}")),
            new("DELETE", HttpMethod.Delete, $"{Models}/doomed-{round}", null, async http => !await ExistsAsync(http, $"doomed-{round}")),
        ];
    }

    public static async Task<(string Config, byte[] Archive, string Vocabulary)> ReadSampleAsync(string sample)
    {
        var folder = TestModels.Sample(sample);
        var cancellation = TestContext.Current.CancellationToken;
        return (await File.ReadAllTextAsync(System.IO.Path.Combine(folder, "model.json"), cancellation), await File.ReadAllBytesAsync(System.IO.Path.Combine(folder, "model.pt"), cancellation),
            await File.ReadAllTextAsync(System.IO.Path.Combine(folder, "vocabulary.json"), cancellation));
    }

    public static async Task<bool> ExistsAsync(HttpClient http, string id)
    {
        var (status, body) = await http.GetJsonAsync($"{Models}/{id}");
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.NotFound, $"GET {id} answered {status}: {body.ToJsonString()}");
        return status == HttpStatusCode.OK;
    }

    private static async Task<bool> IsDeployedAsync(HttpClient http, string round, string deploymentId) => await FindAsync(http, round, deploymentId) is not null;

    private static async Task<bool> HasTwoAsync(HttpClient http, string round, string deploymentId) =>
        (await FindAsync(http, round, deploymentId))?["number_of_allocations"]?.GetValue<int>() == 2;

    private static async Task<JsonNode?> FindAsync(HttpClient http, string round, string deploymentId)
    {
        var stats = (await http.MustAsync(HttpMethod.Get, $"{Models}/ready-{round}/_stats"))["trained_model_stats"]!.AsArray();
        return stats.Select(s => s!["deployment_stats"]).SingleOrDefault(d => d?["deployment_id"]!.GetValue<string>() == deploymentId);
    }

    public static async Task<bool> IsDefinedAsync(HttpClient http, string id) =>
        (await http.MustAsync(HttpMethod.Get, $"{Models}/{id}?include=definition_status"))["trained_model_configs"]![0]!["fully_defined"]!.GetValue<bool>();

    // No answer shows a vocabulary, but a second one is refused. Where there is none this sets it, so it is for what has been answered.
    private static async Task<bool> IsRefusedAsync(HttpClient http, string path, object body)
    {
        var (status, answer) = await http.SendJsonAsync(HttpMethod.Put, path, body);
        return status == HttpStatusCode.BadRequest && (string?)answer["error"]!["type"] == "resource_already_exists_exception";
    }
}

/// <summary>What a client was told.</summary>
internal sealed record ChangeAnswer(Change Change, HttpStatusCode Status, JsonNode Body, TimeSpan Took)
{
    public string? ErrorType => (string?)Body["error"]?["type"];

    public override string ToString() => $"{Change} answered {(int)Status} after {Took.TotalSeconds:0.0} s: {Body.ToJsonString()}";
}
