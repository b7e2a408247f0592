using Orleans.Ml.Models;

namespace Orleans.Ml.Storage.Files;

/// <summary>One model file being written under a temporary name.</summary>
internal sealed class FileModelWriter : ModelFileWriter
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly string _action;
    private readonly FileStream _file;
    private bool _isCommitted;

    public FileModelWriter(string path, ModelFile name)
    {
        _path = path;
        _temporaryPath = TemporaryFile.Beside(path);
        _action = $"write [{name.Name}] of model [{name.ModelId}]";
        _file = TemporaryFile.Create(_temporaryPath);
        Content = new ModelContentStream(_file, _action);
    }

    /// <inheritdoc/>
    public override Stream Content { get; }

    /// <inheritdoc/>
    public override async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _file.FlushAsync(cancellationToken);
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
            cancellationToken.ThrowIfCancellationRequested();
            // One system call: readers find the old file, or the new one, or none. The lock goes with the file and ends with this writer.
            File.Move(_temporaryPath, _path, overwrite: true);
            _isCommitted = true;
            DurableFolder.Sync(Path.GetDirectoryName(_path)!);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException)
        {
            throw new MlException(MlErrorKind.NotFound, $"Cannot {_action}: the model was deleted meanwhile");
        }
        catch (Exception refused) when (StorageFailure.IsOne(refused))
        {
            throw StorageFailure.Of(refused, _action);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_isCommitted)
            Discard();
        try
        {
            await _file.DisposeAsync();
        }
        catch (IOException) when (!_isCommitted)
        {
            // Closing writes what is still buffered; on a full disk that fails once more, and nobody wants those bytes.
        }
    }

    private void Discard()
    {
        try
        {
            File.Delete(_temporaryPath);
        }
        catch (DirectoryNotFoundException)
        {
            // The model was deleted meanwhile, this file with it.
        }
    }
}
