namespace Orleans.Ml.Models;

/// <summary>Where definitions and vocabularies are kept, shared by all nodes. Files appear whole or not at all, and never change.</summary>
public interface IModelStore
{
    /// <summary>Ids of all models that may exist; a grain has the last word on each.</summary>
    IAsyncEnumerable<string> ListModelIdsAsync(CancellationToken cancellationToken);

    /// <summary>Makes an id appear in <see cref="ListModelIdsAsync"/>. Idempotent.</summary>
    Task RegisterAsync(string modelId, string instance, CancellationToken cancellationToken);

    /// <summary>Begins a new file; it does not exist before <see cref="ModelFileWriter.CommitAsync"/>.</summary>
    Task<ModelFileWriter> CreateAsync(ModelFile file, CancellationToken cancellationToken);

    /// <summary>Opens a file for reading from its start.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    Task<Stream> OpenReadAsync(ModelFile file, CancellationToken cancellationToken);

    /// <summary>Deletes one file. Idempotent.</summary>
    Task DeleteAsync(ModelFile file, CancellationToken cancellationToken);

    /// <summary>Deletes everything of one instance of a model, and its id from the list when nothing is left. Idempotent.</summary>
    Task DeleteModelAsync(string modelId, string instance, CancellationToken cancellationToken);
}

/// <summary>Names a file of a model.</summary>
/// <param name="ModelId">The model.</param>
/// <param name="Instance">Which creation of that id.</param>
/// <param name="Name">The file; letters, digits, '-', '.'.</param>
public readonly record struct ModelFile(string ModelId, string Instance, string Name);

/// <summary>A file being written; disposing it without a commit leaves nothing behind.</summary>
public abstract class ModelFileWriter : IAsyncDisposable
{
    /// <summary>Where the bytes go.</summary>
    public abstract Stream Content { get; }

    /// <summary>Makes the file exist, durably.</summary>
    public abstract Task CommitAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
