using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>What happens when things die. Each test has a silo of its own.</summary>
public sealed class FailureTests
{
    private const int SigKill = 9;

    [Fact]
    public async Task ServesAgain_WhenTheWorkerWasKilled()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.DeploySampleAsync("tiny-embedding");
        var before = await server.Http.InferAsync("tiny-embedding", "hello");
        var worker = Assert.Single(server.WorkerProcesses());

        Assert.Equal(0, MlServer.Signal(worker, SigKill));

        // Requests that wait for the restarted worker are served; one that was in flight may fail with 500, which is not sent elsewhere.
        await UntilServedAsync(server, "tiny-embedding");
        Assert.Equal(before.ToJsonString(), (await server.Http.InferAsync("tiny-embedding", "hello")).ToJsonString());
        Assert.NotEqual(worker, Assert.Single(server.WorkerProcesses()));
    }

    [Fact]
    public async Task RouteFailsWithTheReason_WhenTheWorkerIsKilledTooOften()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.DeploySampleAsync("tiny-embedding");

        for (var kill = 1; kill <= 4; kill++)
        {
            Assert.Equal(0, MlServer.Signal(Assert.Single(server.WorkerProcesses()), SigKill));
            if (kill < 4)
                await UntilServedAsync(server, "tiny-embedding");
        }

        var stats = await UntilAsync(server, "/_ml/trained_models/tiny-embedding/_stats", answer => answer.Contains("\"failed\"", StringComparison.Ordinal));
        Assert.Contains("inference process crashed", stats, StringComparison.Ordinal);
        Assert.Contains("SIGKILL", stats, StringComparison.Ordinal);
        Assert.Empty(server.WorkerProcesses());
        Assert.Equal(HttpStatusCode.Conflict, (await server.Http.PostJsonAsync("/_ml/trained_models/tiny-embedding/_infer", MlApi.InferBody("x"))).Status);
    }

    [Fact]
    public async Task DeploymentsComeBackByThemselves_WhenTheSiloWasKilled()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.DeploySampleAsync("tiny-embedding");
        await server.Http.DeploySampleAsync("tiny-ner");
        var before = await server.Http.InferAsync("tiny-embedding", "hello");
        var workers = server.WorkerProcesses();

        await server.KillAsync();
        var clock = Stopwatch.StartNew();
        await server.RestartAsync();

        await UntilServedAsync(server, "tiny-embedding");
        await UntilServedAsync(server, "tiny-ner");
        Measured.Print($"two deployments served {clock.Elapsed.TotalSeconds:F1} s after the start that followed kill -9");
        Assert.Equal(before.ToJsonString(), (await server.Http.InferAsync("tiny-embedding", "hello")).ToJsonString());
        Assert.All(workers, id => Assert.False(ProcFs.Exists(id), $"worker {id} outlived its silo"));
    }

    [Fact]
    public async Task StopsEverythingItStarted_WhenTerminated()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.DeploySampleAsync("tiny-embedding");
        var workers = server.WorkerProcesses();

        Assert.Equal(0, await server.TerminateAsync());

        Assert.NotEmpty(workers);
        Assert.All(workers, id => Assert.False(ProcFs.Exists(id)));
    }

    [Fact]
    public async Task TheStartStaysAndGoesOn_WhenItsTimeoutIsOver()
    {
        await using var server = await MlServer.StartAsync();
        await server.Http.CreateFromFolderAsync("tiny-embedding", Testing.TestModels.Sample("tiny-embedding"));

        var (status, body) = await server.Http.PostJsonAsync("/_ml/trained_models/tiny-embedding/deployment/_start?timeout=1ms");

        Assert.Equal(HttpStatusCode.RequestTimeout, status);
        Assert.Equal("model_deployment_timeout_exception", body["error"]!["type"]!.GetValue<string>());
        await UntilServedAsync(server, "tiny-embedding");
    }

    /// <summary>
    /// Asks until there is an answer; calls wait in the server while a worker is restarted, so this hardly spins. Every text is another one, because an
    /// input that is in flight in two crashes is refused from then on.
    /// </summary>
    private static async Task UntilServedAsync(MlServer server, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var attempt = 0; ; attempt++)
        {
            var (status, body) = await server.Http.PostJsonAsync($"/_ml/trained_models/{id}/_infer?timeout=30s", MlApi.InferBody($"hello {Guid.NewGuid()} {attempt}"));
            if (status == HttpStatusCode.OK)
                return;
            Assert.Contains(status, new[] { HttpStatusCode.InternalServerError, HttpStatusCode.Conflict, HttpStatusCode.NotFound, HttpStatusCode.ServiceUnavailable });
            Assert.False(limit.IsCancellationRequested, $"{id} was not served again: {body.ToJsonString()}\n{server.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static async Task<string> UntilAsync(MlServer server, string path, Predicate<string> isReached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = (await server.Http.GetJsonAsync(path)).Body.ToJsonString();
            if (isReached(answer))
                return answer;
            Assert.False(limit.IsCancellationRequested, $"{path} stayed at {answer}\n{server.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
