namespace Orleans.Ml.Storage.Files;

/// <summary>
/// Names of what is not there yet or not there any more: <c>{name}+{32 digits}.tmp</c>. No id is encoded with a '+', so no model file can have such a name.
/// </summary>
internal static class TemporaryFile
{
    private const string Pattern = "*+*.tmp";

    /// <summary>A fresh temporary path beside another.</summary>
    public static string Beside(string path) => $"{path}+{Guid.NewGuid():n}.tmp";

    /// <summary>
    /// Opens a new file for writing, with a shared lock until it is closed (flock, which other processes see): that tells a file being written from
    /// one left behind by a process that died. Shared, because readers take a shared lock too and may come right after the file got its name.
    /// </summary>
    public static FileStream Create(string path) => new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 64 * 1024, useAsync: true);

    /// <summary>Deletes what processes that died have left below a folder.</summary>
    public static void Sweep(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root, Pattern))
            SweepFolder(folder);
        foreach (var path in Directory.EnumerateFiles(root, Pattern, SearchOption.AllDirectories))
            SweepFile(path);
    }

    private static void SweepFolder(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // Another process is deleting it.
        }
    }

    private static void SweepFile(string path)
    {
        try
        {
            using var locked = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
        }
        catch (IOException)
        {
            // Locked: another process is writing it. Gone: another process has swept it.
        }
    }
}
