using Orleans.Ml.Models;
using Orleans.Ml.Storage.Files;
using Orleans.Ml.Storage.Tests.Models;

namespace Orleans.Ml.Storage.Tests.Files;

public sealed class FileModelStoreTests : ModelStoreTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LetsAReaderFinish_WhenTheModelIsDeletedMeanwhile()
    {
        var store = Open();
        await WriteAsync(store, Part, "weights");
        using var reader = new StreamReader(await store.OpenReadAsync(Part, Cancel));

        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);

        Assert.Equal("weights", await reader.ReadToEndAsync(Cancel));
    }

    [Theory]
    [InlineData("..", "i1", "part-0")]
    [InlineData("m", "../..", "part-0")]
    [InlineData("m", "i1", "../../../../escaped")]
    [InlineData("/", "/", "/")]
    public async Task StaysInItsFolder_WhateverTheIdsAre(string modelId, string instance, string name)
    {
        var file = new ModelFile(modelId, instance, name);

        await WriteAsync(Open(), file, "x");

        var path = Assert.Single(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(_folder.Combine("models"), Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(path))));
        Assert.Equal([modelId], await ListAsync(Open()));
    }

    [Fact]
    public async Task SweepsWhatACrashLeft_WhenOpened()
    {
        await WriteAsync(Open(), Part, "weights");
        File.WriteAllText(_folder.Combine("models", "tiny-ner", "i1", "part-1+0123.tmp"), "half");
        Directory.CreateDirectory(_folder.Combine("models", "deleted+0123.tmp", "sub"));

        var store = Open();

        Assert.Equal("weights", await ReadAsync(store, Part));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task SparesAFileInTheMaking_WhenAnotherProcessOpensTheStore()
    {
        await using var writer = await Open().CreateAsync(Part, Cancel);
        await writer.Content.WriteAsync("weights"u8.ToArray(), Cancel);

        var other = Open();
        await writer.CommitAsync(Cancel);

        Assert.Equal("weights", await ReadAsync(other, Part));
    }

    [Fact]
    public void SaysWhyWithoutThePath_WhenItsFolderCannotBeUsed()
    {
        var inTheWay = _folder.Combine("file");
        File.WriteAllText(inTheWay, "");

        var refused = Assert.Throws<MlException>(() => new FileModelStore(Path.Combine(inTheWay, "models")));

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.DoesNotContain(_folder.Path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheDiskIsFull_WhenItIs()
    {
        // A device that answers every write with "no space left"; opened unbuffered so that the write itself meets it.
        await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await using var content = new ModelContentStream(full, "write [part-0] of model [tiny-ner]");

        var refused = await Assert.ThrowsAsync<MlException>(() => content.WriteAsync(new byte[10], Cancel).AsTask());

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.Equal("The model store cannot write [part-0] of model [tiny-ner]: No space left on device", refused.Message);
    }

    protected override Task<IModelStore> OpenAsync() => Task.FromResult<IModelStore>(Open());

    protected override Task<string[]> FilesAsync() => Task.FromResult(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));

    private FileModelStore Open() => new(_folder.Combine("models"));
}
