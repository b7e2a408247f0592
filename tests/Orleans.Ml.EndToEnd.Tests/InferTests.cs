using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>What a request may say, and what it is told when it asks for the wrong thing.</summary>
public sealed class InferTests(ServerFixture fixture)
{
    private static readonly string LongText = string.Join(' ', Enumerable.Repeat("A dog is running in the park.", 60));

    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task LegacyPathAnswersTheResultItself_WithAWarning()
    {
        var expected = (await Http.InferAsync("tiny-language", "Wo ist der Bahnhof?"))[0]!;

        using var response = await Http.PostAsJsonAsync(
            "/_ml/trained_models/tiny-language/deployment/_infer", MlApi.InferBody("Wo ist der Bahnhof?"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var warning = Assert.Single(response.Headers.GetValues("Warning"));
        Assert.StartsWith("299 Elasticsearch-", warning, StringComparison.Ordinal);
        Assert.Contains("/_infer]", warning, StringComparison.Ordinal);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(expected.ToJsonString(), body.ToJsonString());
    }

    [Fact]
    public async Task AnswersThroughAnAlias_FromTheMomentItIsThereUntilItIsGone()
    {
        const string Alias = "/_ml/trained_models/tiny-language/model_aliases/infer-alias";
        var expected = await Http.InferAsync("tiny-language", "Wo ist der Bahnhof?");

        await Http.MustAsync(HttpMethod.Put, Alias);
        var answered = await Http.InferAsync("infer-alias", "Wo ist der Bahnhof?");
        await Http.MustAsync(HttpMethod.Delete, Alias);

        Assert.Equal(expected.ToJsonString(), answered.ToJsonString());
        AssertError(
            await Http.PostJsonAsync("/_ml/trained_models/infer-alias/_infer", MlApi.InferBody("a")),
            HttpStatusCode.NotFound, "resource_not_found_exception", "infer-alias");
    }

    [Fact]
    public async Task LegacyPathRefuses_SeveralDocuments() => AssertError(
        await Http.PostJsonAsync("/_ml/trained_models/tiny-language/deployment/_infer", MlApi.InferBody("a", "b")),
        HttpStatusCode.BadRequest, "validation_exception", "docs");

    [Fact]
    public async Task AnswersNotFound_WhenNothingHasTheId() => AssertError(
        await Http.PostJsonAsync("/_ml/trained_models/no-such-model/_infer", MlApi.InferBody("a")),
        HttpStatusCode.NotFound, "resource_not_found_exception", "no-such-model");

    [Fact]
    public async Task AnswersConflict_WhenTheModelIsNotDeployed()
    {
        await Http.CreateModelAsync("infer-idle", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        AssertError(await Http.PostJsonAsync("/_ml/trained_models/infer-idle/_infer", MlApi.InferBody("w5")),
            HttpStatusCode.Conflict, "status_exception", "infer-idle");
    }

    [Fact]
    public async Task AnswersForbidden_WhenTheConfigurationIsAnotherTasks()
    {
        var error = AssertError(
            await Http.PostJsonAsync("/_ml/trained_models/tiny-ner/_infer", Body("Paris", new { text_embedding = new { } })),
            HttpStatusCode.Forbidden, "status_exception", "tiny-ner");

        Assert.Contains("[ner]", error, StringComparison.Ordinal);
        Assert.Contains("[text_embedding]", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task NumTopClassesIsTheRequests_WhenItSaysSo(int numTopClasses)
    {
        var answer = await MustInferAsync("tiny-language", Body("Wo ist der Bahnhof?", new { text_classification = new { num_top_classes = numTopClasses } }));

        Assert.Equal("de", answer["predicted_value"]!.GetValue<string>());
        Assert.Equal(numTopClasses, answer["top_classes"]?.AsArray().Count ?? 0);
    }

    [Fact]
    public async Task NumTopClassesIsTheModelsAgain_WhenTheNextRequestSaysNothing()
    {
        var before = await Http.InferAsync("tiny-language", "Wo ist der Bahnhof?");

        await MustInferAsync("tiny-language", Body("Wo ist der Bahnhof?", new { text_classification = new { num_top_classes = 7 } }));

        Assert.Equal(before.ToJsonString(), (await Http.InferAsync("tiny-language", "Wo ist der Bahnhof?")).ToJsonString());
    }

    [Fact]
    public async Task ResultsFieldNamesTheResult_WhenTheRequestSaysSo()
    {
        var answer = await MustInferAsync("tiny-language", Body("Wo ist der Bahnhof?", new { text_classification = new { results_field = "my.language" } }));

        Assert.Equal("de", answer["my.language"]!.GetValue<string>());
        Assert.Null(answer["predicted_value"]);
    }

    [Fact]
    public async Task SaysThatATextWasTruncated_OnlyWhenItWas()
    {
        var results = (await Http.InferAsync("tiny-embedding", LongText, "A dog.")).AsArray();

        Assert.True(results[0]!["is_truncated"]!.GetValue<bool>());
        Assert.Null(results[1]!["is_truncated"]);
    }

    [Fact]
    public async Task RefusesALongText_WhenTheRequestForbidsTruncation()
    {
        var error = AssertError(
            await Http.PostJsonAsync("/_ml/trained_models/tiny-embedding/_infer",
                Body(LongText, new { text_embedding = new { tokenization = new { bert = new { truncate = "none" } } } })),
            HttpStatusCode.BadRequest, "status_exception", "128");

        Assert.Contains("482", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersEveryWindow_WhenTheRequestAsksForWindows()
    {
        var words = string.Join(' ', Enumerable.Range(5, 900).Select(i => $"w{i}"));
        await Http.DeployScriptAsync("infer-windows", ScriptArchive.Echo);

        var answer = await MustInferAsync("infer-windows", Body(words, new { pass_through = new { tokenization = new { bert = new { truncate = "none", span = 100 } } } }));

        var numbers = answer["predicted_value"]!.AsArray().SelectMany(row => row!.AsArray().Select(n => (int)n!.GetValue<double>())).ToHashSet();
        Assert.Subset(numbers, Enumerable.Range(5, 900).ToHashSet());
        Assert.Null(answer["is_truncated"]);
        await Http.StopAsync("infer-windows");
    }

    [Fact]
    public async Task TheQuerysTimeoutWins_OverTheBodys()
    {
        await Http.DeployScriptAsync("infer-timeout", ScriptArchive.SlowById);

        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/infer-timeout/_infer?timeout=50ms",
            new { docs = new[] { new { text_field = "w100" } }, timeout = "60s" });

        Assert.Equal(HttpStatusCode.RequestTimeout, status);
        Assert.Contains("[50ms]", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await Http.StopAsync("infer-timeout");
    }

    private static object Body(string text, object config) => new { docs = new[] { new { text_field = text } }, inference_config = config };

    private async Task<JsonNode> MustInferAsync(string id, object body) =>
        (await Http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/{id}/_infer?timeout=30s", body))["inference_results"]!.AsArray().Single()!;

    private static string AssertError((HttpStatusCode Status, JsonNode Body) answer, HttpStatusCode status, string type, string named)
    {
        var reason = answer.Body["error"]!["reason"]!.GetValue<string>();
        Assert.Equal(status, answer.Status);
        Assert.Equal((int)status, answer.Body["status"]!.GetValue<int>());
        Assert.Equal(type, answer.Body["error"]!["type"]!.GetValue<string>());
        Assert.Contains(named, reason, StringComparison.Ordinal);
        return reason;
    }
}
