using System.Net;
using Microsoft.Extensions.Hosting;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Samples;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Silo.Tests.Samples;

public sealed class SampleModelsTests : IDisposable
{
    private readonly TemporaryFolder _samples = new();
    private readonly FakeModelServer _server = new();
    private readonly StringWriter _terminal = new();

    public void Dispose()
    {
        _samples.Dispose();
        _server.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task SendsEveryByteOfASample_WhenItIsAbsent()
    {
        Link("tiny-embedding");

        await RunAsync();

        var folder = TestModels.Sample("tiny-embedding");
        var definition = await File.ReadAllBytesAsync(Path.Combine(folder, "model.pt"), TestContext.Current.CancellationToken);
        var stored = _server["tiny-embedding"];
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, "model.json"), TestContext.Current.CancellationToken), stored.Config);
        Assert.Equal(definition, stored.Parts.Values.SelectMany(part => part));
        Assert.Equal((definition.LongLength, 3, 1024 * 1024), (stored.TotalLength, stored.TotalParts, stored.Parts[0].Length));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(folder, "vocabulary.json"), TestContext.Current.CancellationToken), stored.Vocabulary);
    }

    [Fact]
    public async Task StartsItAtLowPriorityAndPrintsWhatToPaste_WhenItIsRegistered()
    {
        Link("tiny-ner");
        Link("tiny-language");

        await RunAsync();

        Assert.Contains("POST /_ml/trained_models/tiny-ner/deployment/_start?wait_for=started&timeout=60s&priority=low", _server.Changes);
        var said = _terminal.ToString();
        Assert.Contains("tiny-language: serving after", said, StringComparison.Ordinal);
        Assert.Equal(
            ["curl -s -H 'Content-Type: application/json' 'http://127.0.0.1:9200/_ml/trained_models/tiny-language/_infer?pretty' -d '{\"docs\":[{\"text_field\":\"Kannst du mir bitte das Salz geben?\"}]}'",
                "curl -s -H 'Content-Type: application/json' 'http://127.0.0.1:9200/_ml/trained_models/tiny-ner/_infer?pretty' -d '{\"docs\":[{\"text_field\":\"Tim Cook announced at Apple Park that Microsoft and Google would open offices in Berlin\"}]}'"],
            said.Split('\n').Where(line => line.StartsWith("curl", StringComparison.Ordinal)));
        Assert.Contains("ready on http://127.0.0.1:9200 after", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangesNothing_WhenItCameBackByItself()
    {
        Link("tiny-ner");
        _server["tiny-ner"] = new() { States = new(["starting", "starting", "started"]) };

        await RunAsync();

        Assert.Empty(_server.Changes);
        Assert.Contains("tiny-ner: serving after", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistersAgain_WhenAnEarlierUploadWasCutOff()
    {
        Link("tiny-ner");
        _server["tiny-ner"] = new();

        await RunAsync();

        Assert.Contains("DELETE /_ml/trained_models/tiny-ner", _server.Changes);
        Assert.NotNull(_server["tiny-ner"].Vocabulary);
        Assert.Contains("tiny-ner: serving after", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsTheServersReason_WhenAStartIsRefused()
    {
        Link("tiny-ner");
        _server.StartRefusal = (HttpStatusCode.TooManyRequests, "no node has 5mb of memory left");

        await RunAsync();

        Assert.Contains("tiny-ner: not started. no node has 5mb of memory left (HTTP 429)", _terminal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("curl", _terminal.ToString(), StringComparison.Ordinal);
        Assert.Contains("ready on", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TriesOnlyOnce_WhenAModelJustRegisteredDoesNotStart()
    {
        Link("tiny-ner");
        _server.StartRefusal = (HttpStatusCode.InternalServerError, "not a TorchScript archive");

        await RunAsync();

        Assert.DoesNotContain("DELETE /_ml/trained_models/tiny-ner", _server.Changes);
        Assert.Contains("tiny-ner: not started. not a TorchScript archive (HTTP 500)", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsTheNodesReason_WhenADeploymentThatCameBackHasFailed()
    {
        Link("tiny-ner");
        _server["tiny-ner"] = new() { States = new(["failed"]) };

        await RunAsync();

        Assert.Contains("tiny-ner: not started. Its deployment is failed: the worker died\n", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsWhatIsMissingAndServesTheOthers_WhenAFolderIsIncomplete()
    {
        Link("tiny-ner");
        _samples.Write("broken/model.json", "{}");

        await RunAsync();

        Assert.Contains($"broken: skipped, model.pt and vocabulary.json not found in {_samples.Path}", _terminal.ToString(), StringComparison.Ordinal);
        Assert.Contains("tiny-ner: serving after", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatThereAreNone_WhenTheirDirectoryIsNotThere()
    {
        await RunAsync(Path.Combine(_samples.Path, "nowhere"));

        Assert.Contains("There are no sample models", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnlySaysReady_WhenNoSamplesAreWanted()
    {
        Link("tiny-ner");

        await RunAsync(samplesDirectory: null);

        Assert.Empty(_server.Changes);
        Assert.StartsWith("\nready on http://127.0.0.1:9200 after", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_WhileTheServerIsNotReadyYet()
    {
        Link("tiny-ner");
        _server.UnavailableAnswers = 3;

        await RunAsync();

        Assert.Contains("tiny-ner: serving after", _terminal.ToString(), StringComparison.Ordinal);
    }

    private void Link(string sample) => Directory.CreateSymbolicLink(Path.Combine(_samples.Path, sample), TestModels.Sample(sample));

    private Task RunAsync() => RunAsync(_samples.Path);

    private async Task RunAsync(string? samplesDirectory)
    {
        var settings = new NodeSettings(IPAddress.Loopback, 9200, 9300, 9400, "/data", 1, 1, "node-1", samplesDirectory);
        using var http = new HttpClient(_server, disposeHandler: false) { BaseAddress = settings.BaseAddress };
        using var samples = new SampleModels(settings, TextWriter.Synchronized(_terminal), new TrainedModelApi(http), new StartedLifetime(), TimeProvider.System);
        await samples.StartAsync(TestContext.Current.CancellationToken);
        await samples.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>A host that is up.</summary>
    private sealed class StartedLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted { get; } = new(canceled: true);

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
