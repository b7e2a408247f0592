using System.Collections.Concurrent;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>A model store without a disk.</summary>
internal sealed class InMemoryModelStore : IModelStore
{
    private readonly ConcurrentDictionary<(string ModelId, string Instance), bool> _registered = new();

    public ConcurrentDictionary<ModelFile, byte[]> Files { get; } = new();

    /// <summary>Thrown instead of creating a file.</summary>
    public Exception? Failure { get; set; }

    public async IAsyncEnumerable<string> ListModelIdsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var id in _registered.Keys.Select(k => k.ModelId).Distinct().ToList())
            yield return id;
    }

    public Task RegisterAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        _registered[(modelId, instance)] = true;
        return Task.CompletedTask;
    }

    public Task<ModelFileWriter> CreateAsync(ModelFile file, CancellationToken cancellationToken) =>
        Failure is null ? Task.FromResult<ModelFileWriter>(new Writer(this, file)) : Task.FromException<ModelFileWriter>(Failure);

    public Task<Stream> OpenReadAsync(ModelFile file, CancellationToken cancellationToken) => Task.FromResult<Stream>(new MemoryStream(Files[file]));

    public Task DeleteAsync(ModelFile file, CancellationToken cancellationToken)
    {
        Files.TryRemove(file, out _);
        return Task.CompletedTask;
    }

    public Task DeleteModelAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        _registered.TryRemove((modelId, instance), out _);
        foreach (var file in Files.Keys.Where(f => f.ModelId == modelId && f.Instance == instance))
            Files.TryRemove(file, out _);
        return Task.CompletedTask;
    }

    private sealed class Writer(InMemoryModelStore store, ModelFile file) : ModelFileWriter
    {
        private readonly MemoryStream _content = new();

        public override Stream Content => _content;

        public override Task CommitAsync(CancellationToken cancellationToken)
        {
            store.Files[file] = _content.ToArray();
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync() => _content.DisposeAsync();
    }
}
