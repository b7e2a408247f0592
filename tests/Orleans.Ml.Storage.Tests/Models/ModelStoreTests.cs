using System.Text;
using Orleans.Ml.Models;

namespace Orleans.Ml.Storage.Tests.Models;

/// <summary>What the API and the nodes rely on, wherever models are kept. Each test has a store of its own.</summary>
public abstract class ModelStoreTests
{
    protected static ModelFile Part { get; } = new("tiny-ner", "i1", "part-0");

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadsTheFile_WhenItWasCommitted()
    {
        await WriteAsync(await OpenAsync(), Part, "weights");

        Assert.Equal("weights", await ReadAsync(await OpenAsync(), Part));
    }

    [Fact]
    public async Task KnowsNoFile_WhileItIsBeingWritten()
    {
        var store = await OpenAsync();
        await using var writer = await store.CreateAsync(Part, Cancel);
        await writer.Content.WriteAsync(new byte[200_000], Cancel);

        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
    }

    [Fact]
    public async Task LeavesNothing_WhenTheWriterIsDisposedWithoutACommit()
    {
        var store = await OpenAsync();
        await using (var writer = await store.CreateAsync(Part, Cancel))
            await writer.Content.WriteAsync(new byte[200_000], Cancel);

        Assert.Empty(await FilesAsync());
    }

    [Fact]
    public async Task KeepsOneWholeFile_WhenManyWriteTheSameNameAtOnce()
    {
        var store = await OpenAsync();
        var texts = Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 100_000)).ToArray();

        await Task.WhenAll(texts.Select(text => Task.Run(() => WriteAsync(store, Part, text), Cancel)));

        Assert.Contains(await ReadAsync(store, Part), texts);
        Assert.Single(await FilesAsync());
    }

    [Fact]
    public async Task SaysNotFound_WhenTheModelIsDeletedBeforeTheCommit()
    {
        var store = await OpenAsync();
        await using var writer = await store.CreateAsync(Part, Cancel);
        await store.DeleteModelAsync(Part.ModelId, Part.Instance, Cancel);

        var refused = await Assert.ThrowsAsync<MlException>(() => writer.CommitAsync(Cancel));

        Assert.Equal(MlErrorKind.NotFound, refused.Kind);
    }

    [Fact]
    public async Task ListsAModel_FromItsRegistrationToItsDeletion()
    {
        var store = await OpenAsync();
        await store.RegisterAsync("tiny-ner", "i1", Cancel);
        await store.RegisterAsync("tiny-ner", "i1", Cancel);
        await store.RegisterAsync("Tiny-NER", "i1", Cancel);

        Assert.Equal(["Tiny-NER", "tiny-ner"], await ListAsync(await OpenAsync()));

        await store.DeleteModelAsync("tiny-ner", "i1", Cancel);
        await store.DeleteModelAsync("tiny-ner", "i1", Cancel);

        Assert.Equal(["Tiny-NER"], await ListAsync(store));
    }

    [Fact]
    public async Task KeepsTheOtherInstance_WhenOneIsDeleted()
    {
        var store = await OpenAsync();
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
        var store = await OpenAsync();
        await WriteAsync(store, Part, "weights");

        await store.DeleteAsync(Part, Cancel);
        await store.DeleteAsync(Part, Cancel);
        await store.DeleteAsync(Part with { ModelId = "never-there" }, Cancel);

        await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync(Part, Cancel));
    }

    [Fact]
    public async Task SurvivesAModelThatComesAndGoes_WhileOthersWriteToIt()
    {
        var store = await OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 20; round++)
            {
                var file = Part with { Instance = $"i{worker}" };
                await WriteAsync(store, file, "x");
                Assert.Equal("x", await ReadAsync(store, file));
                await store.DeleteModelAsync(file.ModelId, file.Instance, Cancel);
            }
        }, Cancel)));

        Assert.Empty(await FilesAsync());
        Assert.Empty(await ListAsync(store));
    }

    protected static async Task WriteAsync(IModelStore store, ModelFile file, string text)
    {
        await using var writer = await store.CreateAsync(file, Cancel);
        await writer.Content.WriteAsync(Encoding.UTF8.GetBytes(text), Cancel);
        await writer.CommitAsync(Cancel);
    }

    protected static async Task<string> ReadAsync(IModelStore store, ModelFile file)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(file, Cancel));
        return await reader.ReadToEndAsync(Cancel);
    }

    protected static async Task<string[]> ListAsync(IModelStore store)
    {
        var ids = new List<string>();
        await foreach (var id in store.ListModelIdsAsync(Cancel))
            ids.Add(id);
        ids.Sort(StringComparer.Ordinal);
        return [.. ids];
    }

    /// <summary>The test's store, opened anew.</summary>
    protected abstract Task<IModelStore> OpenAsync();

    /// <summary>All files of the test's store, without what only marks a model.</summary>
    protected abstract Task<string[]> FilesAsync();
}
