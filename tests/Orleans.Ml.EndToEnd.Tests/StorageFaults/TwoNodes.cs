using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>Two nodes on an account of their own that can go away. Each test leaves them as they were.</summary>
public sealed class TwoNodes : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-outage-").FullName;

    internal DurableAzurite Azurite { get; private set; } = null!;

    public MlServer First { get; private set; } = null!;

    public MlServer Second { get; private set; } = null!;

    public HttpClient Http => First.Http;

    public async ValueTask InitializeAsync()
    {
        Azurite = await DurableAzurite.StartAsync();
        First = await StartAsync("node-1");
        Second = await StartAsync("node-2");
        await Http.CreateFromFolderAsync("tiny-ner", TestModels.Sample("tiny-ner"));
        await Http.StartAsync("tiny-ner", "number_of_allocations=2&wait_for=fully_allocated&timeout=60s");
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Azurite.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Asks for a change until it works.</summary>
    public Task<TimeSpan> UntilAChangeWorksAsync(string alias, TimeSpan limit) =>
        UntilItWorksAsync(Http, HttpMethod.Put, () => $"/_ml/trained_models/tiny-ner/model_aliases/{alias}", null, limit);

    /// <summary>
    /// Waits until nothing is asked of a process any more that is gone, and its successor serves: each model is a grain, and while a node looks for some of them
    /// there, it answers 503; a deployment that was there alone is nowhere, 409. What was refused may have happened, so each attempt is about another model.
    /// </summary>
    public async Task UntilSettledAsync(TimeSpan limit)
    {
        var (config, _, _) = await Change.ReadSampleAsync("tiny-ner");
        foreach (var node in new[] { First, Second })
        {
            for (var model = 0; model < 8; model++)
                await UntilItWorksAsync(node.Http, HttpMethod.Put, () => $"/_ml/trained_models/settled-{Guid.NewGuid():n}", config, limit);
            await UntilItWorksAsync(node.Http, HttpMethod.Post, () => "/_ml/trained_models/tiny-ner/_infer?timeout=30s", MlApi.InferBody("Anna lives in Berlin"), limit);
        }
    }

    private static async Task<TimeSpan> UntilItWorksAsync(HttpClient http, HttpMethod method, Func<string> path, object? body, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var (status, answer) = await http.SendJsonAsync(method, path(), body);
            if (status == HttpStatusCode.OK)
                return clock.Elapsed;
            Assert.True(clock.Elapsed < limit, $"{method} {path()} is refused for {limit}: {answer.ToJsonString()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private Task<MlServer> StartAsync(string name) => MlServer.StartNodeAsync(
        _data, "--azure-storage", Azurite.ConnectionString, "--name", name, "--processors", "16", "--memory", "8gb");
}
