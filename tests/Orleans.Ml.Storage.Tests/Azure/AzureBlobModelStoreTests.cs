using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Orleans.Ml.Models;
using Orleans.Ml.Storage.Azure;
using Orleans.Ml.Storage.Tests.Models;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.Storage.Tests.Azure;

public sealed class AzureBlobModelStoreTests(Azurite azurite) : ModelStoreTests
{
    private readonly string _containerName = $"models-{Guid.NewGuid():n}";

    [Fact]
    public async Task KeepsAFileOfSeveralBlocks_WithItsHash()
    {
        var store = await OpenAsync();
        var weights = RandomNumberGenerator.GetBytes(BlockStream.BlockBytes * 2 + 12_345);
        await using (var writer = await store.CreateAsync(Part, Cancel))
        {
            // Both ways of writing, across the blocks' edges.
            await writer.Content.WriteAsync(weights.AsMemory(0, BlockStream.BlockBytes + 1), Cancel);
            writer.Content.Write(weights.AsSpan(BlockStream.BlockBytes + 1));
            await writer.CommitAsync(Cancel);
        }

        using var read = new MemoryStream();
        await using (var content = await store.OpenReadAsync(Part, Cancel))
            await content.CopyToAsync(read, Cancel);
        Assert.Equal(weights, read.ToArray());
        var blob = (await ContainerAsync()).GetBlockBlobClient("tiny-ner/i1/part-0");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(weights)), (await blob.GetPropertiesAsync(cancellationToken: Cancel)).Value.Metadata["sha256"]);
        Assert.Equal(3, (await blob.GetBlockListAsync(cancellationToken: Cancel)).Value.CommittedBlocks.Count());
    }

    [Fact]
    public async Task ShowsNothing_OfBlocksThatWereNeverCommitted()
    {
        var store = await OpenAsync();
        await using (var writer = await store.CreateAsync(Part, Cancel))
            await writer.Content.WriteAsync(new byte[BlockStream.BlockBytes * 2], Cancel);

        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
        Assert.Empty(await FilesAsync());
        await WriteAsync(store, Part, "weights");
        Assert.Equal("weights", await ReadAsync(store, Part));
    }

    [Fact]
    public async Task SaysUnavailable_WhenAnotherUploadOfTheSameNameTookItsBlocksAway()
    {
        var store = await OpenAsync();
        await using var slow = await store.CreateAsync(Part, Cancel);
        await slow.Content.WriteAsync(new byte[BlockStream.BlockBytes + 1], Cancel);
        var weights = new string('w', BlockStream.BlockBytes + 1);
        await WriteAsync(store, Part, weights);

        var refused = await Assert.ThrowsAsync<MlException>(() => slow.CommitAsync(Cancel));

        Assert.Equal((MlErrorKind.Unavailable, "Azure Storage cannot write [part-0] of model [tiny-ner]: 400 InvalidBlockList"), (refused.Kind, refused.Message));
        Assert.Equal(weights, await ReadAsync(store, Part));
    }

    [Fact]
    public async Task IsEmpty_WhenItsContainerIsNotThere()
    {
        var store = await OpenAsync();

        Assert.Empty(await ListAsync(store));
        await store.DeleteAsync(Part, Cancel);
        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);
        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
    }

    [Theory]
    [InlineData("..", "i1", "part-0")]
    [InlineData("m", "../..", "part-0")]
    [InlineData("m", "i1", "../../../../escaped")]
    [InlineData("/", @"\", "/")]
    public async Task StaysInItsContainer_WhateverTheIdsAre(string modelId, string instance, string name)
    {
        var store = await OpenAsync();
        var file = new ModelFile(modelId, instance, name);

        await WriteAsync(store, file, "x");

        Assert.Equal("x", await ReadAsync(store, file));
        Assert.Equal(2, Assert.Single(await FilesAsync()).Count(c => c == '/'));
        Assert.Equal([modelId], await ListAsync(store));
    }

    [Fact]
    public async Task SaysUnavailableWithoutTheAddress_WhenTheServiceCannotBeReached()
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 1;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        var nobody = new BlobServiceClient("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a", options);
        var store = new AzureBlobModelStore(nobody.GetBlobContainerClient("models"), cache: null);

        var refused = await Assert.ThrowsAsync<MlException>(() => store.CreateAsync(Part, Cancel));

        Assert.Equal((MlErrorKind.Unavailable, "Azure Storage cannot write [part-0] of model [tiny-ner]: it cannot be reached"), (refused.Kind, refused.Message));
    }

    protected override async Task<IModelStore> OpenAsync() => new AzureBlobModelStore(await ContainerAsync(), cache: null);

    protected override async Task<string[]> FilesAsync()
    {
        var names = new List<string>();
        await foreach (var blob in (await ContainerAsync()).GetBlobsAsync(new GetBlobsOptions(), Cancel))
        {
            if (!blob.Name.EndsWith("/+instance", StringComparison.Ordinal))
                names.Add(blob.Name);
        }

        return [.. names];
    }

    private async Task<BlobContainerClient> ContainerAsync() => new(await azurite.ConnectionStringAsync(), _containerName);
}
