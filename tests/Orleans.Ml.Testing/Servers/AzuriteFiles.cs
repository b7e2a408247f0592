using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Xunit;

namespace Orleans.Ml.Testing.Servers;

/// <summary>The files in which an emulator keeps its data.</summary>
/// <param name="folder">Where they are.</param>
/// <param name="connectionString">The emulator's account.</param>
internal sealed class AzuriteFiles(string folder, string connectionString)
{
    private static readonly TimeSpan SaveLimit = TimeSpan.FromSeconds(60);

    /// <summary>A file that was written so long after a moment was not begun before it.</summary>
    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Waits until what the emulator has answered is on disk. It writes its lists of blobs, rows and extents every 5 s, each when it has changed: killed before, it
    /// forgets what Azure would not.
    /// </summary>
    public async Task UntilSavedAsync()
    {
        var mark = $"{Guid.NewGuid():n}";
        var container = new BlobContainerClient(connectionString, "marks");
        await container.CreateIfNotExistsAsync();
        await container.UploadBlobAsync(mark, BinaryData.FromString(mark));
        var table = new TableClient(connectionString, "marks");
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity("marks", mark));
        var written = TimeProvider.System.GetUtcNow().UtcDateTime;
        var start = TimeProvider.System.GetTimestamp();
        for (var round = 0; !Holds("__azurite_db_blob__.json", mark) || !Holds("__azurite_db_table__.json", mark) || ExtentsWritten() < written + WriteTime; round++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < SaveLimit, $"the emulator has not saved {mark} in {SaveLimit}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            // The extents hold no names. They may have been written already with the first mark in them, and are not again before they change.
            await container.UploadBlobAsync($"{mark}-{round}", BinaryData.FromString(mark));
        }
    }

    private DateTime ExtentsWritten() => File.GetLastWriteTimeUtc(Path.Combine(folder, "__azurite_db_blob_extent__.json"));

    private bool Holds(string file, string text) =>
        File.Exists(Path.Combine(folder, file)) && File.ReadAllText(Path.Combine(folder, file)).Contains($"\"{text}\"", StringComparison.Ordinal);
}
