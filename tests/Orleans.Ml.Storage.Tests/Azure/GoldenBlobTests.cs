using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>The blobs themselves, as Microsoft.Orleans.Persistence.AzureStorage 10.4.2 writes and reads them.</summary>
public sealed class GoldenBlobTests(BlobHost ours, OfficialBlobHost official) : IClassFixture<BlobHost>, IClassFixture<OfficialBlobHost>
{
    private const string Json = """{"$id":"1","$type":"Orleans.Ml.Storage.Tests.Conformance.CounterState, Orleans.Ml.Storage.Tests","Count":7,"Filler":{"$type":"System.Byte[], System.Private.CoreLib","$value":"AQID"}}""";
    private static readonly GrainId Id = GrainId.Create("ml-test", $"a/b #?%-ü-{Guid.NewGuid():n}");
    private static readonly string Name = $"deployment-{Id}.json";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WritesTheGoldenBlob()
    {
        await WriteAsync(ours.Storage);

        var blob = (await ours.Container.GetBlobClient(Name).DownloadContentAsync(Cancel)).Value;
        Assert.Equal(Json, blob.Content.ToString());
        Assert.Equal("application/octet-stream", blob.Details.ContentType);
        Assert.Equal(BlobType.Block, blob.Details.BlobType);
        Assert.Empty(blob.Details.Metadata);
    }

    [Fact]
    public async Task WritesWhatTheOriginalWrites()
    {
        await WriteAsync(official.Storage);
        await WriteAsync(ours.Storage);

        Assert.Equal(await RawAsync(official.Container), await RawAsync(ours.Container));
    }

    [Fact]
    public async Task ReadsTheGoldenBlob()
    {
        var blob = ours.Container.GetBlobClient(Name);
        var golden = await blob.UploadAsync(BinaryData.FromString(Json), overwrite: true, Cancel);

        var state = await ReadAsync(ours.Storage);

        Assert.Equal((7, true, golden.Value.ETag.ToString()), (state.State!.Count, state.RecordExists, state.ETag));
        Assert.Equal([1, 2, 3], state.State.Filler);
    }

    [Fact]
    public async Task TakesAnEmptyBlobForAClearedRecord()
    {
        var blob = ours.Container.GetBlobClient(Name);
        var golden = await blob.UploadAsync(BinaryData.Empty, overwrite: true, Cancel);

        var state = await ReadAsync(ours.Storage);

        Assert.Equal((0, false, golden.Value.ETag.ToString()), (state.State!.Count, state.RecordExists, state.ETag));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GoesOnFromWhatTheOtherProviderLeft_WithItsETag(bool fromOriginal)
    {
        var (first, second) = fromOriginal ? (official.Storage, ours.Storage) : (ours.Storage, official.Storage);
        var (firstContainer, secondContainer) = fromOriginal ? (official.Container, ours.Container) : (ours.Container, official.Container);
        await WriteAsync(first);
        var left = (await firstContainer.GetBlobClient(Name).DownloadContentAsync(Cancel)).Value.Content;
        await secondContainer.GetBlobClient(Name).UploadAsync(left, overwrite: true, Cancel);

        var state = await ReadAsync(second);
        state.State!.Count++;
        await second.WriteStateAsync("deployment", Id, state);

        Assert.Equal(8, (await ReadAsync(second)).State!.Count);
    }

    [Fact]
    public async Task DeletesTheBlob_WhenTheStateIsCleared()
    {
        await WriteAsync(ours.Storage);
        var state = await ReadAsync(ours.Storage);

        await ours.Storage.ClearStateAsync("deployment", Id, state);

        Assert.False(await ours.Container.GetBlobClient(Name).ExistsAsync(Cancel));
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task MakesTheContainerAnew_WhenItIsGone()
    {
        await ours.Container.DeleteAsync(cancellationToken: Cancel);
        var state = await ReadAsync(ours.Storage);
        Assert.False(state.RecordExists);

        await WriteAsync(ours.Storage);

        Assert.Equal(7, (await ReadAsync(ours.Storage)).State!.Count);
    }

    private static async Task WriteAsync(IGrainStorage storage)
    {
        var state = await ReadAsync(storage);
        state.State = new() { Count = 7, Filler = [1, 2, 3] };
        await storage.WriteStateAsync("deployment", Id, state);
    }

    private static async Task<GrainState<CounterState>> ReadAsync(IGrainStorage storage)
    {
        var state = new GrainState<CounterState>();
        await storage.ReadStateAsync("deployment", Id, state);
        return state;
    }

    private static async Task<string> RawAsync(BlobContainerClient container)
    {
        var blobs = new List<string>();
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: Cancel))
        {
            var content = (await container.GetBlobClient(blob.Name).DownloadContentAsync(Cancel)).Value;
            blobs.Add($"{blob.Name} {blob.Properties.ContentType} {blob.Properties.BlobType} {content.Content}");
        }

        return string.Join('\n', blobs);
    }
}
