using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Grains.Tests;

[Collection(ClusterFixture.OnePlan)]
public sealed class StoredModelSourceTests(ClusterFixture cluster) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleans-ml-source-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task BringsTheWholeDefinition()
    {
        await StoreAsync("whole");

        await using var files = await Source().FetchAsync(Parameters("whole"), ClusterFixture.Cancellation);

        Assert.Equal("onetwo", await File.ReadAllTextAsync(files.ArchivePath, ClusterFixture.Cancellation));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task GivesTheSecondTextOfAPairTheTokenTypeOfTheOptions(bool zeroTokenTypes, long expected)
    {
        var id = $"pair-{expected}";
        await StoreAsync(id, new TextSimilarityConfig(new Tokenization(), null, SpanScoreCombination.Max));

        await using var files = await Source(zeroTokenTypes).FetchAsync(Parameters(id), ClusterFixture.Cancellation);

        var prepared = files.Model.Bind(new TextSimilarityUpdate(null, null, "one", null)).Prepare("one");
        // [CLS] one [SEP] one [SEP]
        Assert.Equal([0, 0, 0, expected, expected], prepared.Input.Argument(2).ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SaysThatAskingAgainMakesSense_WhenTheModelsGrainCannotBeReached(bool isLate)
    {
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName == nameof(ITrainedModelGrain.GetAsync) && call.TargetId.Key.ToString() == "away",
            _ => throw (isLate ? new TimeoutException("late") : new SiloUnavailableException("gone")));

        var error = await Assert.ThrowsAsync<MlException>(() => Source().FetchAsync(Parameters("away"), ClusterFixture.Cancellation));

        Assert.Equal(MlErrorKind.Unavailable, error.Kind);
        Assert.Contains("[away]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesNoPathOfTheServer_WhenAFileIsMissing()
    {
        await StoreAsync("holey");
        await Store.DeleteAsync(new ModelFile("holey", "1", "part-1"), ClusterFixture.Cancellation);

        var error = await Assert.ThrowsAsync<MlException>(() => Source().FetchAsync(Parameters("holey"), ClusterFixture.Cancellation));

        Assert.Equal(MlErrorKind.NotFound, error.Kind);
        Assert.Contains("[holey]", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task SaysWhatIsNeededAndWhatIsFreeAndLeavesNothing_WhenTheDiskIsFull()
    {
        using var disk = SmallDisk.TryMount(_folder, kilobytes: 64);
        Assert.SkipWhen(disk is null, "Only root may mount a disk of 64 KB here");
        await StoreAsync("large", text: new string('x', 100_000));

        var error = await Assert.ThrowsAsync<MlException>(() => Source().FetchAsync(Parameters("large"), ClusterFixture.Cancellation));

        Assert.Equal((MlErrorKind.ServerError,
            "The definition of trained model [large] could not be written to the node's disk: no space left: [200000] bytes are needed, [65536] are free"), (error.Kind, error.Message));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private IModelStore Store => cluster.Cluster.Silos[0].ServiceProvider.GetRequiredService<IModelStore>();

    private StoredModelSource Source(bool zeroTokenTypes = false) => new(cluster.Grains, Store, Options.Create(new LocalModelOptions { Directory = _folder }), Options.Create(new NlpOptions { ZeroTokenTypes = zeroTokenTypes }));

    private static TaskParameters Parameters(string id) => Given.Parameters(id, modelBytes: 6);

    private async Task StoreAsync(string id, InferenceConfig? config = null, string? text = null)
    {
        var stored = ClusterFixture.Config(id);
        await cluster.Model(id).CreateAsync(stored with { InferenceConfig = config ?? stored.InferenceConfig });
        var (one, two) = (text ?? "one", text ?? "two");
        await WriteAsync(id, "part-0", one);
        await WriteAsync(id, "part-1", two);
        await WriteAsync(id, "vocabulary", """{"vocabulary":["[PAD]","[UNK]","[CLS]","[SEP]","[MASK]","one"]}""");
        await cluster.Model(id).AddPartAsync("1", new DefinitionPart(1, 2, two.Length, one.Length + two.Length, "part-1"));
        await cluster.Model(id).AddPartAsync("1", new DefinitionPart(0, 2, one.Length, one.Length + two.Length, "part-0"));
        await cluster.Model(id).SetVocabularyAsync("1", "vocabulary");
    }

    private async Task WriteAsync(string id, string name, string text)
    {
        await using var writer = await Store.CreateAsync(new ModelFile(id, "1", name), ClusterFixture.Cancellation);
        await writer.Content.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), ClusterFixture.Cancellation);
        await writer.CommitAsync(ClusterFixture.Cancellation);
    }
}
