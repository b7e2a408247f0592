using System.Runtime.CompilerServices;
using Orleans.Ml.Models;

namespace Orleans.Ml.Storage.Files;

/// <summary>
/// Models as files: <c>{root}/{model}/{instance}/{file}</c>. Several processes may share the folder. A file gets its name only when it is complete and
/// on the disk; creating a name that is there replaces the file as a whole.
/// </summary>
internal sealed class FileModelStore : IModelStore
{
    private readonly string _root;

    /// <summary>Opens the store, creates its folder and deletes what crashed processes have left behind.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.Unavailable"/>: the folder cannot be used.</exception>
    public FileModelStore(string root)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        Guard("open its folder", () =>
        {
            Directory.CreateDirectory(_root);
            DurableFolder.Sync(Path.GetDirectoryName(_root) ?? _root);
            TemporaryFile.Sweep(_root);
        });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListModelIdsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Read at once: the folder may change while the caller asks a grain for each id.
        var folders = Guard("list models", () => Directory.GetDirectories(_root));
        foreach (var folder in folders)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (PathSegment.Decode(Path.GetFileName(folder)) is { } modelId && HasInstance(folder))
                yield return modelId;
        }

        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RegisterAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        var folder = FolderOf(modelId, instance);
        Guard($"register model [{modelId}]", () => CreateFolder(folder));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ModelFileWriter> CreateAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var path = PathOf(file);
        return Task.FromResult(Guard<ModelFileWriter>($"write [{file.Name}] of model [{file.ModelId}]", () =>
        {
            CreateFolder(Path.GetDirectoryName(path)!);
            return new FileModelWriter(path, file);
        }));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var path = PathOf(file);
        return Task.FromResult(Guard<Stream>($"read [{file.Name}] of model [{file.ModelId}]", () =>
        {
            try
            {
                // It may be replaced or deleted while it is read; the reader keeps what it has opened.
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0,
                    FileOptions.Asynchronous | FileOptions.SequentialScan);
            }
            catch (DirectoryNotFoundException)
            {
                throw new FileNotFoundException($"There is no [{file.Name}] of model [{file.ModelId}]");
            }
        }));
    }

    /// <inheritdoc/>
    public Task DeleteAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var path = PathOf(file);
        Guard($"delete [{file.Name}] of model [{file.ModelId}]", () =>
        {
            if (Directory.Exists(Path.GetDirectoryName(path)))
                File.Delete(path);
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeleteModelAsync(string modelId, string instance, CancellationToken cancellationToken)
    {
        var folder = FolderOf(modelId, instance);
        Guard($"delete model [{modelId}]", () =>
        {
            if (Directory.Exists(folder))
                DeleteWhole(folder);
            RemoveIfEmpty(Path.GetDirectoryName(folder)!);
        });
        return Task.CompletedTask;
    }

    /// <summary>Takes the instance away in one step, then its files: a crash in between leaves only what the next start sweeps.</summary>
    private void DeleteWhole(string folder)
    {
        var doomed = TemporaryFile.Beside(Path.Combine(_root, "deleted"));
        try
        {
            Directory.Move(folder, doomed);
            DurableFolder.Sync(Path.GetDirectoryName(folder)!);
        }
        catch (DirectoryNotFoundException)
        {
            // Another caller was faster: with this instance, or with removing the model's folder, which was empty then.
        }

        if (Directory.Exists(doomed))
            Directory.Delete(doomed, recursive: true);
    }

    private void RemoveIfEmpty(string modelFolder)
    {
        try
        {
            if (Directory.Exists(modelFolder) && !Directory.EnumerateFileSystemEntries(modelFolder).Any())
            {
                Directory.Delete(modelFolder);
                DurableFolder.Sync(_root);
            }
        }
        catch (IOException)
        {
            // Gone, or another instance has just been registered there.
        }
    }

    /// <summary>Tries again when the last instance of the model is deleted, and its folder with it, between the two folders being made.</summary>
    private void CreateFolder(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                DurableFolder.Create(folder, _root);
                return;
            }
            catch (IOException) when (attempt < 5 && !Directory.Exists(folder) && Directory.Exists(_root))
            {
            }
        }
    }

    private static bool HasInstance(string modelFolder)
    {
        try
        {
            return Directory.EnumerateDirectories(modelFolder).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    private string FolderOf(string modelId, string instance) =>
        Path.Combine(_root, PathSegment.Encode(modelId, "model_id"), PathSegment.Encode(instance, "instance"));

    private string PathOf(ModelFile file) => Path.Combine(FolderOf(file.ModelId, file.Instance), PathSegment.Encode(file.Name, "file"));

    private static void Guard(string action, Action step) => Guard(action, () =>
    {
        step();
        return true;
    });

    private static T Guard<T>(string action, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception refused) when (StorageFailure.IsOne(refused))
        {
            throw StorageFailure.Of(refused, action);
        }
    }
}
