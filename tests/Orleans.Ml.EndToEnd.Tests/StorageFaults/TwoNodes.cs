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
    public async Task<TimeSpan> UntilAChangeWorksAsync(string alias, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var (status, body) = await Http.SendJsonAsync(HttpMethod.Put, $"/_ml/trained_models/tiny-ner/model_aliases/{alias}");
            if (status == HttpStatusCode.OK)
                return clock.Elapsed;
            Assert.True(clock.Elapsed < limit, $"the account is back for {limit}, and a change is refused: {body.ToJsonString()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private Task<MlServer> StartAsync(string name) => MlServer.StartNodeAsync(
        _data, "--azure-storage", Azurite.ConnectionString, "--name", name, "--processors", "16", "--memory", "8gb");
}
