using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Every parameter of a start, from both places it can come from, and every way a start can end.</summary>
public sealed class StartTests(ServerFixture fixture)
{
    private const int LowPriorityNice = 15;

    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task AnswersTheDefaults_WhenNothingIsSaid()
    {
        await Http.CreateFromFolderAsync("start-defaults", TestModels.Sample("tiny-language"));
        var modelBytes = new FileInfo(Path.Combine(TestModels.Sample("tiny-language"), "model.pt")).Length;

        var answer = await Http.MustAsync(HttpMethod.Post, "/_ml/trained_models/start-defaults/deployment/_start");

        var startTime = answer["assignment"]!["start_time"]!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", startTime.GetValue<string>());
        startTime.ReplaceWith("<time>");
        Assert.Equal(
            $$$"""
            {"assignment":{
              "task_parameters":{"model_id":"start-defaults","deployment_id":"start-defaults","model_bytes":{{{modelBytes}}},
                "threads_per_allocation":1,"number_of_allocations":1,"queue_capacity":1024,"cache_size":"{{{modelBytes}}}b","priority":"normal",
                "per_deployment_memory_bytes":0,"per_allocation_memory_bytes":0},
              "routing_table":{"node-1":{"current_allocations":1,"target_allocations":1,"routing_state":"started","reason":""}},
              "assignment_state":"started",
              "start_time":"<time>",
              "max_assigned_allocations":1,
              "adaptive_allocations":null}}
            """.ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal),
            answer.ToJsonString(MlApi.Readable));
        await Http.StopAsync("start-defaults");
    }

    [Theory]
    [InlineData("start-query", true)]
    [InlineData("start-body", false)]
    public async Task TakesEveryParameter_FromQueryAndBody(string id, bool fromQuery)
    {
        await Http.CreateModelAsync(id, ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        Dictionary<string, object> parameters = new()
        {
            ["number_of_allocations"] = 2,
            ["threads_per_allocation"] = 2,
            ["queue_capacity"] = 1_000_000,
            ["cache_size"] = "10mb",
            ["priority"] = "normal",
            ["timeout"] = "50s",
            ["wait_for"] = "fully_allocated",
        };

        var answer = await StartAsync(id, fromQuery ? parameters : [], fromQuery ? null : parameters);

        AssertParameters(answer, allocations: 2, threads: 2, queueCapacity: 1_000_000, cacheSize: "10mb", priority: "normal");
        Assert.Equal(2, answer["assignment"]!["routing_table"]!["node-1"]!["current_allocations"]!.GetValue<int>());
        var stats = (await Http.DeploymentStatsAsync(id))!;
        Assert.Equal("fully_allocated", stats["allocation_status"]!["state"]!.GetValue<string>());
        Assert.Equal("10mb", stats["cache_size"]!.GetValue<string>());
        Assert.Equal(1_000_000, stats["queue_capacity"]!.GetValue<int>());
        await Http.StopAsync(id);
    }

    [Fact]
    public async Task TheQueryWins_WhenBothSaySomething()
    {
        await Http.CreateModelAsync("start-both", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        (string Name, object InQuery, object InBody)[] both =
        [
            ("number_of_allocations", 1, 3), ("threads_per_allocation", 1, 4), ("queue_capacity", 5, 6), ("cache_size", "0b", "1gb"),
            ("priority", "low", "normal"), ("timeout", "60s", "1ms"), ("wait_for", "started", "starting"), ("deployment_id", "start-both-2", "ignored"),
        ];

        var answer = await StartAsync("start-both", both.ToDictionary(p => p.Name, p => p.InQuery), both.ToDictionary(p => p.Name, p => p.InBody));

        AssertParameters(answer, allocations: 1, threads: 1, queueCapacity: 5, cacheSize: "0", priority: "low");
        Assert.Equal("start-both-2", answer["assignment"]!["task_parameters"]!["deployment_id"]!.GetValue<string>());
        Assert.Equal("started", answer["assignment"]!["assignment_state"]!.GetValue<string>());
        await Http.StopAsync("start-both-2");
    }

    [Fact]
    public async Task RefusesThreadsAndEverythingElseAtOnce_WhenNoNodeCouldEverHaveThem()
    {
        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_start?deployment_id=start-refused&threads_per_allocation=64&queue_capacity=0");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("action_request_validation_exception", body["error"]!["type"]!.GetValue<string>());
        var reason = body["error"]!["reason"]!.GetValue<string>();
        Assert.Contains("1: [threads_per_allocation] must be a power of 2 less than or equal to 32, was [64]", reason, StringComparison.Ordinal);
        Assert.Contains("2: [queue_capacity]", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("low", LowPriorityNice)]
    [InlineData("normal", 0)]
    public async Task TheModelRunsNice15_WhenItsPriorityIsLow(string priority, int nicer)
    {
        var id = $"start-nice-{priority}";
        await Http.DeployScriptAsync(id, ScriptArchive.SlowById, $"priority={priority}&timeout=60s");
        var worker = WorkerOf(id);
        var before = ProcFs.Tasks(worker).ToDictionary(t => t.Id, t => t.CpuTicks);

        await Http.InferAsync(id, "w100");

        var busiest = ProcFs.Tasks(worker).MaxBy(t => t.CpuTicks - before.GetValueOrDefault(t.Id))!;
        Assert.Equal(ProcFs.Tasks(fixture.Server.ProcessId).Min(t => t.Nice) + nicer, busiest.Nice);
        await Http.StopAsync(id);
    }

    [Fact]
    public async Task AnswersAtOnce_WhenItWaitsForStartingOnly()
    {
        await Http.CreateModelAsync("start-wait", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        var answer = await Http.StartAsync("start-wait", "wait_for=starting");

        Assert.Equal("starting", answer["assignment"]!["assignment_state"]!.GetValue<string>());
        Assert.Equal("starting", answer["assignment"]!["routing_table"]!["node-1"]!["routing_state"]!.GetValue<string>());
        await Http.UntilStatsAsync("start-wait", "started", s => s["state"]!.GetValue<string>() == "started");
        await Http.StopAsync("start-wait");
    }

    [Fact]
    public async Task RefusesTheSecondStart_AndTheFirstOneServesOn()
    {
        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_start");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("tiny-ner", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await Http.InferAsync("tiny-ner", "Paris");
    }

    [Fact]
    public async Task RefusesTheIdOfAnotherModel()
    {
        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_start?deployment_id=tiny-language");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task TwoDeploymentsOfOneModelLiveApart()
    {
        await Http.StartAsync("tiny-embedding", "deployment_id=start-other&timeout=60s");
        var expected = (await Http.InferAsync("tiny-embedding", "hello")).ToJsonString();

        Assert.Equal(expected, (await Http.InferAsync("start-other", "hello")).ToJsonString());

        var both = (await Http.MustAsync(HttpMethod.Get, "/_ml/trained_models/tiny-embedding/_stats"));
        Assert.Equal(1, both["count"]!.GetValue<int>());
        Assert.Equal(["start-other", "tiny-embedding"], both["trained_model_stats"]!.AsArray().Select(s => s!["deployment_stats"]!["deployment_id"]!.GetValue<string>()));
        Assert.NotEqual(WorkerOf("start-other"), WorkerOf("--deployment tiny-embedding"));
        await Http.StopAsync("start-other");
        Assert.Equal(expected, (await Http.InferAsync("tiny-embedding", "hello")).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await Http.PostJsonAsync("/_ml/trained_models/start-other/_infer", MlApi.InferBody("hello"))).Status);
    }

    [Fact]
    public async Task IsGoneAgain_WhenTheVocabularyIsMissing()
    {
        await Http.CreateModelAsync("start-wordless", ScriptArchive.Config, ScriptArchive.Echo, vocabulary: null);

        var reason = await FailedStartAsync("start-wordless");

        Assert.Contains("node-1", reason, StringComparison.Ordinal);
        Assert.Contains("vocabulary", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsGoneAgain_WhenTheVocabularyLacksTheSpecialTokens()
    {
        await Http.CreateModelAsync("start-misfit", ScriptArchive.Config, ScriptArchive.Echo, """{"vocabulary":["a","b","c"]}""");

        var reason = await FailedStartAsync("start-misfit");

        Assert.Contains("[UNK]", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsGoneAgain_WhenTheDefinitionIsNoModel()
    {
        await Http.CreateModelAsync("start-garbage", ScriptArchive.Config, new byte[5000], ScriptArchive.VocabularyJson);

        await FailedStartAsync("start-garbage");
    }

    [Fact]
    public async Task FailsTheRequestOnly_WhenTheVocabularyIsLargerThanTheModels()
    {
        var config = await File.ReadAllTextAsync(Path.Combine(TestModels.Sample("tiny-embedding"), "model.json"), TestContext.Current.CancellationToken);
        var archive = await File.ReadAllBytesAsync(Path.Combine(TestModels.Sample("tiny-embedding"), "model.pt"), TestContext.Current.CancellationToken);
        var words = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(TestModels.Sample("tiny-embedding"), "vocabulary.json"), TestContext.Current.CancellationToken))!;
        for (var i = 0; i < 100_000; i++)
            words["vocabulary"]!.AsArray().Add($"zz{i}");
        await Http.CreateModelAsync("start-wordy", config, archive, words.ToJsonString());
        await Http.StartAsync("start-wordy");
        var worker = WorkerOf("start-wordy");

        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/start-wordy/_infer", MlApi.InferBody("zz99999"));

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Contains("inference process", body["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await Http.InferAsync("start-wordy", "hello");
        Assert.Equal(worker, WorkerOf("start-wordy"));
        await Http.StopAsync("start-wordy");
    }

    private async Task<string> FailedStartAsync(string id)
    {
        var (status, body) = await Http.PostJsonAsync($"/_ml/trained_models/{id}/deployment/_start?timeout=60s");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        Assert.Null(await Http.DeploymentStatsAsync(id));
        Assert.Equal(HttpStatusCode.Conflict, (await Http.PostJsonAsync($"/_ml/trained_models/{id}/_infer", MlApi.InferBody("w5"))).Status);
        await Http.MustAsync(HttpMethod.Delete, $"/_ml/trained_models/{id}");
        return body["error"]!["reason"]!.GetValue<string>();
    }

    private Task<JsonNode> StartAsync(string id, Dictionary<string, object> query, Dictionary<string, object>? body) =>
        Http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/{id}/deployment/_start?{string.Join('&', query.Select(p => $"{p.Key}={p.Value}"))}", body);

    private int WorkerOf(string commandLine) =>
        Assert.Single(fixture.Server.WorkerProcesses(), id => ProcFs.CommandLine(id).Contains(commandLine, StringComparison.Ordinal));

    private static void AssertParameters(JsonNode answer, int allocations, int threads, int queueCapacity, string cacheSize, string priority)
    {
        var parameters = answer["assignment"]!["task_parameters"]!;
        Assert.Equal(allocations, parameters["number_of_allocations"]!.GetValue<int>());
        Assert.Equal(threads, parameters["threads_per_allocation"]!.GetValue<int>());
        Assert.Equal(queueCapacity, parameters["queue_capacity"]!.GetValue<int>());
        Assert.Equal(cacheSize, parameters["cache_size"]!.GetValue<string>());
        Assert.Equal(priority, parameters["priority"]!.GetValue<string>());
    }
}
