using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>
/// What waits, what is refused, what leaves: with a model whose duration follows its first word, so that one document keeps the only allocation
/// busy while the test looks at the queue behind it.
/// </summary>
public sealed class QueueTests(ServerFixture fixture)
{
    // About a second of work, and about 50 ms.
    private const string Long = "w100";
    private const string Short = "w5";

    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task RefusesAtOnce_WhenTheQueueIsFull()
    {
        await DeployAsync("queue-full", queueCapacity: 1);
        var running = await OccupyAsync("queue-full");
        var waiting = AskAsync("queue-full", Short);
        await PendingAsync("queue-full", 2);

        var clock = Stopwatch.StartNew();
        var (status, body) = await AskAsync("queue-full", Short);
        var refusal = clock.Elapsed;

        Assert.False(running.IsCompleted, "the model was not slow enough to tell");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Equal("es_rejected_execution_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("queue is full", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("[1]", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Measured.Print($"429 of a full queue after {refusal.TotalMilliseconds:F1} ms");
        Assert.Equal(1, (await StatsAsync("queue-full")).Counter("rejected_execution_count"));
        await AskAsync("queue-full", Short);
        Assert.Equal(2, (await StatsAsync("queue-full"))["rejected_execution_count"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.OK, (await running).Status);
        Assert.Equal(HttpStatusCode.OK, (await waiting).Status);
        Assert.Equal(2, (await StatsAsync("queue-full")).Counter("inference_count"));
    }

    [Fact]
    public async Task TakesAllDocumentsOrNone_WhenTheyNeedMoreSlotsThanAreFree()
    {
        await DeployAsync("queue-whole", queueCapacity: 3);
        var running = await OccupyAsync("queue-whole");

        var tooMany = await AskAsync("queue-whole", Short, Short, Short, Short);
        var fitting = await AskAsync("queue-whole", Short, Short, Short);

        Assert.Equal(HttpStatusCode.TooManyRequests, tooMany.Status);
        Assert.Equal(HttpStatusCode.OK, fitting.Status);
        await running;
        var stats = await StatsAsync("queue-whole");
        Assert.Equal(4, stats.Counter("inference_count"));
        Assert.Equal(4, stats.Counter("rejected_execution_count"));
    }

    [Fact]
    public async Task NeverRunsADocument_WhenItsTimeoutPassedWhileItWaited()
    {
        await DeployAsync("queue-timeout", queueCapacity: 1);
        var running = await OccupyAsync("queue-timeout");

        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/queue-timeout/_infer?timeout=100ms", MlApi.InferBody(Long));

        Assert.False(running.IsCompleted, "the model was not slow enough to tell");
        Assert.Equal(HttpStatusCode.RequestTimeout, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("timeout", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await AssertNextComesRightAfterAsync("queue-timeout", running);
    }

    [Fact]
    public async Task NeverRunsADocument_WhenItsClientDisconnectedWhileItWaited()
    {
        await DeployAsync("queue-leave", queueCapacity: 1);
        var running = await OccupyAsync("queue-leave");
        using var client = new HttpClient { BaseAddress = Http.BaseAddress };
        using var leaves = new CancellationTokenSource();
        var left = client.PostAsync("/_ml/trained_models/queue-leave/_infer?timeout=30s", Json(Long), leaves.Token);
        await PendingAsync("queue-leave", 2);

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await PendingAsync("queue-leave", 1);
        Assert.False(running.IsCompleted, "the model was not slow enough to tell");
        await AssertNextComesRightAfterAsync("queue-leave", running);
    }

    [Fact]
    public async Task AnswersInDocumentOrder_WhenOneRequestHasMany()
    {
        await Http.DeployScriptAsync("queue-order", ScriptArchive.Echo, "number_of_allocations=4&wait_for=fully_allocated&timeout=60s");
        var texts = Enumerable.Range(5, 200).Select(i => $"w{i}").ToArray();

        var results = (await Http.InferAsync("queue-order", texts)).AsArray();

        Assert.Equal(texts, results.Select(r => $"w{r!["predicted_value"]![0]![0]!.GetValue<double>()}"));
        await Http.StopAsync("queue-order");
    }

    [Fact]
    public async Task FailsAsAWhole_WhenOneDocumentIsBad()
    {
        await Http.DeployScriptAsync("queue-bad", ScriptArchive.Echo);
        var tooLong = string.Join(' ', Enumerable.Repeat("w7", 600));
        var docs = new[] { "w5", "w6", tooLong, "w8" }.Select(t => new { text_field = t });

        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/queue-bad/_infer",
            new { docs, inference_config = new { pass_through = new { tokenization = new { bert = new { truncate = "none" } } } } });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Null(body["inference_results"]);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("600", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("512", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0, (await Http.UntilStatsAsync("queue-bad", "nothing pending", s => s.Counter("number_of_pending_requests") == 0)).Counter("error_count"));
        await Http.InferAsync("queue-bad", "w5", "w6");
        await Http.StopAsync("queue-bad");
    }

    /// <summary>
    /// The waiting document is gone: its slot is free, for another one that runs as soon as the running one is done. Had the long one run in
    /// between, the other would have come as much later as the running one took.
    /// </summary>
    private async Task AssertNextComesRightAfterAsync(string id, Task<Answer> running)
    {
        var next = AskAsync(id, Short);
        var (first, second) = (await running, await next);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(HttpStatusCode.OK, second.Status);
        var behind = Stopwatch.GetElapsedTime(first.At, second.At);
        var longOne = Stopwatch.GetElapsedTime(first.AskedAt, first.At);
        Assert.True(behind < longOne / 2, $"the next answer came {behind} after the running one, which took {longOne}");
        var stats = await StatsAsync(id);
        Assert.Equal(2, stats.Counter("inference_count"));
        Assert.Equal(1, stats.Counter("timeout_count"));
        Assert.Equal(0, stats.Counter("rejected_execution_count"));
        Assert.Equal(0, stats.Counter("number_of_pending_requests"));
        await Http.StopAsync(id);
    }

    private Task DeployAsync(string id, int queueCapacity) =>
        Http.DeployScriptAsync(id, ScriptArchive.SlowById, $"queue_capacity={queueCapacity}&wait_for=fully_allocated&timeout=60s");

    /// <summary>Keeps the only allocation busy.</summary>
    private async Task<Task<Answer>> OccupyAsync(string id)
    {
        var running = AskAsync(id, Long);
        await PendingAsync(id, 1);
        return running;
    }

    private async Task<Answer> AskAsync(string id, params string[] texts)
    {
        var askedAt = Stopwatch.GetTimestamp();
        var (status, body) = await Http.PostJsonAsync($"/_ml/trained_models/{id}/_infer?timeout=60s", MlApi.InferBody(texts));
        return new(status, body, askedAt, Stopwatch.GetTimestamp());
    }

    private Task<JsonNode> PendingAsync(string id, int count) =>
        Http.UntilStatsAsync(id, $"{count} pending", stats => stats.Counter("number_of_pending_requests") == count);

    private async Task<JsonNode> StatsAsync(string id) => (await Http.DeploymentStatsAsync(id))!;

    private static StringContent Json(string text) => new($$"""{"docs":[{"text_field":"{{text}}"}]}""", System.Text.Encoding.UTF8, "application/json");

    private sealed record Answer(HttpStatusCode Status, JsonNode Body, long AskedAt, long At)
    {
        public void Deconstruct(out HttpStatusCode status, out JsonNode body) => (status, body) = (Status, Body);
    }
}
