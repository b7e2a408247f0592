using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Storage.Files;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Model files that this machine has read, kept by the SHA-256 of their content: <c>objects/{hash}</c>, and under <c>names/</c> which file has which hash (a model's
/// file never changes, so that no one needs to be asked). Everything is verified before it is given out. The oldest make room for the newest.
/// Without it, or when the disk is full, files are read from the store itself.
/// </summary>
internal sealed partial class ModelCache : IDisposable
{
    private readonly SemaphoreSlim _filling = new(1);
    private readonly string _objects;
    private readonly string _names;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelCache> _logger;

    /// <param name="folder">What it held before is used. Processes may share it: each bounds the whole of it.</param>
    /// <param name="maxBytes">How many bytes of models it may hold.</param>
    /// <param name="time">Tells what was used last.</param>
    /// <param name="logger">Hears of trouble.</param>
    public ModelCache(string folder, long maxBytes, TimeProvider time, ILogger<ModelCache> logger)
    {
        (_objects, _names) = (Path.Combine(folder, "objects"), Path.Combine(folder, "names"));
        (_maxBytes, _time, _logger) = (maxBytes, time, logger);
        try
        {
            Directory.CreateDirectory(_objects);
            Directory.CreateDirectory(_names);
            TemporaryFile.Sweep(folder);
            MakeRoom(0);
            ForgetLostNames();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogUnusable(refused);
        }
    }

    /// <summary>Opens a file: the copy on this machine, or else the store's, of which a copy is made.</summary>
    /// <param name="name">The file, named as nowhere else.</param>
    /// <param name="downloadAsync">Begins to read it from the store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.Unavailable"/>: it arrived damaged.</exception>
    public async Task<Stream> OpenReadAsync(string name, Func<CancellationToken, Task<ModelDownload>> downloadAsync, CancellationToken cancellationToken)
    {
        var reference = Path.Combine(_names, HashOf(name));
        if (await FindAsync(reference, cancellationToken) is { } known)
            return known;
        await _filling.WaitAsync(cancellationToken);
        try
        {
            // Somebody else may have fetched it meanwhile.
            if (await FindAsync(reference, cancellationToken) is { } fetched)
                return fetched;
            var download = await downloadAsync(cancellationToken);
            if (download.Hash is not { Length: 64 } hash || download.LengthBytes > _maxBytes)
                return download.Content;
            return await KeepAsync(reference, download, hash, cancellationToken) ?? (await downloadAsync(cancellationToken)).Content;
        }
        finally
        {
            _filling.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _filling.Dispose();

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task<Stream?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(reference))
                return null;
            var hash = await File.ReadAllTextAsync(reference, cancellationToken);
            var path = Path.Combine(_objects, hash);
            if (hash.Length == 64 && File.Exists(path) && await OpenVerifiedAsync(path, hash, cancellationToken) is { } content)
                return content;
            File.Delete(reference);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Evicted between two steps, or the disk fails: the store has it.
            LogUnusable(refused);
            return null;
        }
    }

    private async Task<Stream?> OpenVerifiedAsync(string path, string hash, CancellationToken cancellationToken)
    {
        var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        try
        {
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == hash)
            {
                content.Position = 0;
                File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
                return content;
            }
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }

        await content.DisposeAsync();
        LogDamaged(hash);
        File.Delete(path);
        return null;
    }

    /// <summary>Copies what is downloaded; null when this machine's disk does not take it.</summary>
    private async Task<Stream?> KeepAsync(string reference, ModelDownload download, string hash, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_objects, hash);
        var temporaryPath = TemporaryFile.Beside(path);
        FileStream? copy = null;
        try
        {
            await using var content = download.Content;
            MakeRoom(download.LengthBytes);
            copy = TemporaryFile.Create(temporaryPath);
            await content.CopyToAsync(copy, cancellationToken);
            await copy.FlushAsync(cancellationToken);
            copy.Position = 0;
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(copy, cancellationToken)) != hash)
                throw new MlException(MlErrorKind.Unavailable, "A model file arrived damaged from Azure Storage");
            File.Move(temporaryPath, path, overwrite: true);
            File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
            await File.WriteAllTextAsync(reference, hash, cancellationToken);
            copy.Position = 0;
            return copy;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogUnusable(refused);
            await DiscardAsync(copy, temporaryPath);
            return null;
        }
        catch
        {
            await DiscardAsync(copy, temporaryPath);
            throw;
        }
    }

    private static async Task DiscardAsync(FileStream? copy, string temporaryPath)
    {
        try
        {
            File.Delete(temporaryPath);
            if (copy is not null)
                await copy.DisposeAsync();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Closing writes what is still buffered; on a full disk that fails once more, and nobody wants those bytes.
        }
    }

    /// <summary>Deletes what was not used for longest, until as many bytes more have room.</summary>
    private void MakeRoom(long bytes)
    {
        var files = new DirectoryInfo(_objects).GetFiles().OrderBy(file => file.LastWriteTimeUtc).Select(file => (File: file, Bytes: LengthOf(file))).ToList();
        var held = files.Sum(file => file.Bytes);
        // Asked anew before each file.
        foreach (var file in files.TakeWhile(_ => held + bytes > _maxBytes))
        {
            held -= file.Bytes;
            file.File.Delete();
        }
    }

    /// <summary>0 when another process has deleted the file since it was listed.</summary>
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Deletes the names of what is gone. One that stays behind is found out when it is asked for.</summary>
    private void ForgetLostNames()
    {
        foreach (var reference in Directory.EnumerateFiles(_names).Where(reference => !File.Exists(Path.Combine(_objects, File.ReadAllText(reference)))))
            File.Delete(reference);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model cache cannot be used, files come from the store itself.")]
    private partial void LogUnusable(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cached model file {Hash} is damaged; it is fetched again.")]
    private partial void LogDamaged(string hash);
}
