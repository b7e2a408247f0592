using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Testing;
using Orleans.Streams;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Deployments that change while they run, with real workers.</summary>
public sealed class UpdateTests(ServerFixture fixture)
{
    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task LosesNoRequestAndNoWorker_WhileItGrowsAndShrinks()
    {
        await Http.CreateModelAsync("update", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        await Http.StartAsync("update");
        // Of the worker process: another one would have another.
        var startTime = (await Http.DeploymentStatsAsync("update"))!["nodes"]![0]!["start_time"]!.GetValue<long>();
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var statuses = new List<HttpStatusCode>();
            while (!done.IsCancellationRequested)
                statuses.Add((await Http.PostJsonAsync("/_ml/trained_models/update/_infer?timeout=30s", MlApi.InferBody("w1 w2"))).Status);
            return statuses;
        })).ToList();

        foreach (var allocations in new[] { 4, 1, 3, 2, 4, 1 })
        {
            var answer = await Http.MustAsync(HttpMethod.Post, $"/_ml/trained_models/update/deployment/_update?number_of_allocations={allocations}");
            Assert.Equal(allocations, answer["assignment"]!["task_parameters"]!["number_of_allocations"]!.GetValue<int>());
            await Http.UntilStatsAsync("update", $"{allocations} allocations", s => s.Counter("number_of_allocations") == allocations);
        }

        await done.CancelAsync();
        var statuses = (await Task.WhenAll(callers)).SelectMany(s => s).ToList();
        Measured.Print($"six updates under {statuses.Count} requests");
        Assert.NotEmpty(statuses);
        Assert.All(statuses, s => Assert.Equal(HttpStatusCode.OK, s));
        Assert.Equal(startTime, (await Http.DeploymentStatsAsync("update"))!["nodes"]![0]!["start_time"]!.GetValue<long>());
        await Http.StopAsync("update");
    }

    [Fact]
    public async Task IsRefusedAndExplained_WhenItDoesNotFit()
    {
        await Http.CreateModelAsync("update-big", ScriptArchive.Config, ScriptArchive.Echo, ScriptArchive.VocabularyJson);
        var (dryStatus, _) = await Http.PostJsonAsync("/_ml/trained_models/update-big/deployment/_start?dry_run=true&number_of_allocations=1000");
        var dry = await Http.MustAsync(HttpMethod.Post, "/_ml/trained_models/update-big/deployment/_start?dry_run=true&number_of_allocations=2");
        Assert.Null(await Http.DeploymentStatsAsync("update-big"));
        await Http.StartAsync("update-big");

        var (status, refusal) = await Http.PostJsonAsync("/_ml/trained_models/update-big/deployment/_update", new { number_of_allocations = 1000 });
        var explained = await Http.MustAsync(HttpMethod.Get, "/_ml/trained_models/update-big/deployment/_explain");

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests), (dryStatus, status));
        Assert.Equal(2, dry["nodes"]!["node-1"]!["planned_allocations"]!.GetValue<int>());
        var cause = refusal["error"]!["caused_by"]!["reason"]!.GetValue<string>();
        Assert.Contains("node [node-1]", cause, StringComparison.Ordinal);
        Assert.Contains("It would fit with [", cause, StringComparison.Ordinal);
        Assert.Equal((1, 1, 0), (Number(explained, "number_of_allocations"), Number(explained, "started_allocations"), Number(explained, "unplaced_allocations")));
        Assert.Equal(64, explained["nodes"]!["node-1"]!["processors"]!["total"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetJsonAsync("/_ml/trained_models/nobody/deployment/_explain")).Status);
        await Http.StopAsync("update-big");
    }

    [Fact]
    public async Task IsToldToAClientOfTheCluster_ThatSubscribes()
    {
        var gateway = fixture.Server.Port + 200;
        var host = Host.CreateApplicationBuilder();
        host.Logging.ClearProviders();
        host.UseOrleansClient(client => client
            .UseLocalhostClustering(gateway, "orleans-ml", "orleans-ml")
            .AddMemoryStreams(DeploymentEvents.ProviderName));
        using var app = host.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var updated = new TaskCompletionSource<DeploymentEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscription = await app.Services.GetRequiredService<IClusterClient>().GetStreamProvider(DeploymentEvents.ProviderName)
            .GetStream<DeploymentEvent>(StreamId.Create(DeploymentEvents.StreamNamespace, DeploymentEvents.StreamKey))
            .SubscribeAsync((change, _) =>
            {
                if (change is { DeploymentId: "update-told", Assignment.AllocationCount: 2 })
                    updated.TrySetResult(change);
                return Task.CompletedTask;
            });
        await Http.DeployScriptAsync("update-told", ScriptArchive.Echo);

        await Http.MustAsync(HttpMethod.Post, "/_ml/trained_models/update-told/deployment/_update?number_of_allocations=2");

        var change = await updated.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(2, change.Assignment!.TaskParameters.NumberOfAllocations);
        await subscription.UnsubscribeAsync();
        await app.StopAsync(TestContext.Current.CancellationToken);
        await Http.StopAsync("update-told");
    }

    private static int Number(JsonNode json, string name) => json[name]!.GetValue<int>();
}
