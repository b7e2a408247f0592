using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Stopping deployments and deleting models: what ends, what is served before, what is refused.</summary>
public sealed class StopTests(ServerFixture fixture)
{
    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task IsFine_WhenThereIsNothingToStop()
    {
        var answer = await Http.StopAsync("stop-nothing");

        Assert.Equal("""{"stopped":true}""", answer.ToJsonString());
    }

    [Theory]
    [InlineData("?allow_no_match=false", null)]
    [InlineData("", """{"allow_no_match":false}""")]
    [InlineData("?allow_no_match=false", """{"allow_no_match":true}""")]
    public async Task IsNotFound_WhenThereIsNothingToStopAndThatIsAskedFor(string query, string? body)
    {
        var (status, answer) = await Http.PostJsonAsync($"/_ml/trained_models/stop-nothing/deployment/_stop{query}", body);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("resource_not_found_exception", answer["error"]!["type"]!.GetValue<string>());
        Assert.Contains("stop-nothing", answer["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnIdIsNoPattern_WhenItLooksLikeOne()
    {
        var (status, _) = await Http.PostJsonAsync("/_ml/trained_models/tiny-*/deployment/_stop?allow_no_match=false");

        Assert.Equal(HttpStatusCode.NotFound, status);
        await Http.InferAsync("tiny-ner", "Paris");
    }

    [Fact]
    public async Task TheModelsIdIsUnknown_WhenItsDeploymentHasAnother()
    {
        await Http.CreateModelAsync("stop-model", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        await Http.StartAsync("stop-model", "deployment_id=stop-deployment&timeout=60s");

        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostJsonAsync("/_ml/trained_models/stop-model/deployment/_stop?allow_no_match=false")).Status);

        await Http.InferAsync("stop-deployment", "w5");
        await Http.StopAsync("stop-deployment");
        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostJsonAsync("/_ml/trained_models/stop-deployment/_infer", MlApi.InferBody("w5"))).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await Http.PostJsonAsync("/_ml/trained_models/stop-model/_infer", MlApi.InferBody("w5"))).Status);
    }

    [Theory]
    [InlineData("stop-drain-query", "?finish_pending_work=true", null)]
    [InlineData("stop-drain-body", "", """{"finish_pending_work":true}""")]
    public async Task ServesWhatWaits_WhenItFinishesPendingWork(string id, string query, string? body)
    {
        var waiting = await ThreeWaitingAsync(id);

        var stop = Http.PostJsonAsync($"/_ml/trained_models/{id}/deployment/_stop{query}", body);

        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(HttpStatusCode.OK, (await stop).Status);
        Assert.Null(await Http.DeploymentStatsAsync(id));
        Assert.DoesNotContain(fixture.Server.WorkerProcesses(), p => ProcFs.CommandLine(p).Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TellsWhatWaits_WhenItIsStoppedAtOnce()
    {
        var waiting = await ThreeWaitingAsync("stop-forced");

        await Http.StopAsync("stop-forced");

        var answers = await Task.WhenAll(waiting);
        Assert.Equal(2, answers.Count(a => a.Status == HttpStatusCode.Conflict));
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError, a.Body.ToJsonString()));
        Assert.DoesNotContain(fixture.Server.WorkerProcesses(), p => ProcFs.CommandLine(p).Contains("stop-forced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheSameIdStartsAgain_AfterItWasStopped()
    {
        await Http.DeployScriptAsync("stop-again", ScriptArchive.Echo);
        await Http.InferAsync("stop-again", "w5", "w6");
        await Http.StopAsync("stop-again");

        await Http.StartAsync("stop-again");

        await Http.InferAsync("stop-again", "w7");
        Assert.Equal(1, (await Http.DeploymentStatsAsync("stop-again"))!.Counter("inference_count"));
        await Http.StopAsync("stop-again");
    }

    [Fact]
    public async Task ADeployedModelIsDeleted_OnlyByForce()
    {
        await Http.DeployScriptAsync("delete-me", ScriptArchive.Echo);
        Assert.NotEmpty(FilesOf("delete-me"));

        var (status, refusal) = await Http.SendJsonAsync(HttpMethod.Delete, "/_ml/trained_models/delete-me");

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("status_exception", refusal["error"]!["type"]!.GetValue<string>());
        Assert.Contains("force", refusal["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await Http.InferAsync("delete-me", "w5");

        var answer = await Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/delete-me?force=true");

        Assert.Equal("""{"acknowledged":true}""", answer.ToJsonString());
        Assert.Empty(FilesOf("delete-me"));
        Assert.DoesNotContain(fixture.Server.WorkerProcesses(), p => ProcFs.CommandLine(p).Contains("delete-me", StringComparison.Ordinal));
        foreach (var path in new[] { "", "/_stats" })
            Assert.Equal(HttpStatusCode.NotFound, (await Http.GetJsonAsync($"/_ml/trained_models/delete-me{path}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostJsonAsync("/_ml/trained_models/delete-me/_infer", MlApi.InferBody("w5"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.SendJsonAsync(HttpMethod.Delete, "/_ml/trained_models/delete-me")).Status);
        await Http.DeployScriptAsync("delete-me", ScriptArchive.Echo);
        await Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/delete-me?force=true");
    }

    [Fact]
    public async Task TwoDeploymentsEnd_WhenTheirModelIsDeletedByForce()
    {
        await Http.DeployScriptAsync("delete-both", ScriptArchive.Echo);
        await Http.StartAsync("delete-both", "deployment_id=delete-both-2&timeout=60s");

        await Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/delete-both?force=true");

        Assert.DoesNotContain(fixture.Server.WorkerProcesses(), p => ProcFs.CommandLine(p).Contains("delete-both", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostJsonAsync("/_ml/trained_models/delete-both-2/_infer", MlApi.InferBody("w5"))).Status);
    }

    /// <summary>Paths below the data folder that have the model's id in them, or are a local copy that no worker has.</summary>
    private IEnumerable<string> FilesOf(string modelId) =>
        Directory.EnumerateFileSystemEntries(fixture.Server.Data, "*", SearchOption.AllDirectories).Where(p => p.Contains(modelId, StringComparison.Ordinal));

    private async Task<Task<(HttpStatusCode Status, JsonNode Body)>[]> ThreeWaitingAsync(string id)
    {
        await Http.DeployScriptAsync(id, ScriptArchive.SlowById);
        var asked = new Task<(HttpStatusCode, JsonNode)>[3];
        for (var i = 0; i < asked.Length; i++)
        {
            asked[i] = Http.PostJsonAsync($"/_ml/trained_models/{id}/_infer?timeout=60s", MlApi.InferBody("w60"));
            var pending = i + 1;
            await Http.UntilStatsAsync(id, $"{pending} pending", stats => stats.Counter("number_of_pending_requests") == pending);
        }

        return asked;
    }
}
