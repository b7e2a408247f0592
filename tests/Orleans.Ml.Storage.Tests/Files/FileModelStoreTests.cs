using System.Text;
using Orleans.Ml.Models;
using Orleans.Ml.Storage.Files;

namespace Orleans.Ml.Storage.Tests.Files;

public sealed class FileModelStoreTests : IDisposable
{
    private static readonly ModelFile Part = new("tiny-ner", "i1", "part-0");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadsTheFile_WhenItWasCommitted()
    {
        await WriteAsync(Open(), Part, "weights");

        Assert.Equal("weights", await ReadAsync(Open(), Part));
    }

    [Fact]
    public async Task KnowsNoFile_WhileItIsBeingWritten()
    {
        var store = Open();
        await using var writer = await store.CreateAsync(Part, Cancel);
        await writer.Content.WriteAsync(new byte[200_000], Cancel);

        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
    }

    [Fact]
    public async Task LeavesNothing_WhenTheWriterIsDisposedWithoutACommit()
    {
        var store = Open();
        await using (var writer = await store.CreateAsync(Part, Cancel))
            await writer.Content.WriteAsync(new byte[200_000], Cancel);

        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task KeepsOneWholeFile_WhenManyWriteTheSameNameAtOnce()
    {
        var store = Open();
        var texts = Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 100_000)).ToArray();

        await Task.WhenAll(texts.Select(text => Task.Run(() => WriteAsync(store, Part, text), Cancel)));

        Assert.Contains(await ReadAsync(store, Part), texts);
        Assert.Single(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task LetsAReaderFinish_WhenTheModelIsDeletedMeanwhile()
    {
        var store = Open();
        await WriteAsync(store, Part, "weights");
        using var reader = new StreamReader(await store.OpenReadAsync(Part, Cancel));

        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);

        Assert.Equal("weights", await reader.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task SaysNotFound_WhenTheModelIsDeletedBeforeTheCommit()
    {
        var store = Open();
        await using var writer = await store.CreateAsync(Part, Cancel);
        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);

        var refused = await Assert.ThrowsAsync<MlException>(() => writer.CommitAsync(Cancel));

        Assert.Equal(MlErrorKind.NotFound, refused.Kind);
    }

    [Fact]
    public async Task ListsAModel_FromItsRegistrationToItsDeletion()
    {
        var store = Open();
        await store.RegisterAsync("tiny-ner", "i1", Cancel);
        await store.RegisterAsync("tiny-ner", "i1", Cancel);
        await store.RegisterAsync("Tiny-NER", "i1", Cancel);

        Assert.Equal(["Tiny-NER", "tiny-ner"], await ListAsync(Open()));

        await store.DeleteModelAsync("tiny-ner", "i1", Cancel);
        await store.DeleteModelAsync("tiny-ner", "i1", Cancel);

        Assert.Equal(["Tiny-NER"], await ListAsync(store));
    }

    [Fact]
    public async Task KeepsTheOtherInstance_WhenOneIsDeleted()
    {
        var store = Open();
        var second = Part with { Instance = "i2" };
        await WriteAsync(store, Part, "old");
        await WriteAsync(store, second, "new");

        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);

        Assert.Equal("new", await ReadAsync(store, second));
        Assert.Equal([Part.ModelId], await ListAsync(store));
    }

    [Fact]
    public async Task DeletesOneFile_AndDoesNotMindDeletingItAgain()
    {
        var store = Open();
        await WriteAsync(store, Part, "weights");

        await store.DeleteAsync(Part, Cancel);
        await store.DeleteAsync(Part, Cancel);
        await store.DeleteAsync(Part with { ModelId = "never-there" }, Cancel);

        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
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
    public async Task SurvivesAModelThatComesAndGoes_WhileOthersWriteToIt()
    {
        var store = Open();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 50; round++)
            {
                var file = Part with { Instance = $"i{worker}" };
                await WriteAsync(store, file, "x");
                Assert.Equal("x", await ReadAsync(store, file));
                await store.DeleteModelAsync(file.ModelId, file.Instance, Cancel);
            }
        }, Cancel)));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Combine("models")));
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

    private static async Task WriteAsync(FileModelStore store, ModelFile file, string text)
    {
        await using var writer = await store.CreateAsync(file, Cancel);
        await writer.Content.WriteAsync(Encoding.UTF8.GetBytes(text), Cancel);
        await writer.CommitAsync(Cancel);
    }

    private static async Task<string> ReadAsync(FileModelStore store, ModelFile file)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(file, Cancel));
        return await reader.ReadToEndAsync(Cancel);
    }

    private static async Task<string[]> ListAsync(FileModelStore store)
    {
        var ids = new List<string>();
        await foreach (var id in store.ListModelIdsAsync(Cancel))
            ids.Add(id);
        ids.Sort(StringComparer.Ordinal);
        return [.. ids];
    }

    private FileModelStore Open() => new(_folder.Combine("models"));
}
