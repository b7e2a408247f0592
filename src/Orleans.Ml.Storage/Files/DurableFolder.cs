using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Ml.Storage.Files;

/// <summary>Makes changes to a folder's entries survive a power cut: a renamed or new file is only as durable as the folder that names it.</summary>
internal static partial class DurableFolder
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    /// <summary>Creates a folder with the folders above it, durably. Does nothing when it is there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="root">A folder above it that is known to be durable.</param>
    public static void Create(string path, string root)
    {
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        for (var folder = path; folder.Length > root.Length; folder = Path.GetDirectoryName(folder)!)
            Sync(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Writes the folder's entries to the disk.</summary>
    /// <exception cref="DirectoryNotFoundException">It is gone.</exception>
    public static void Sync(string path)
    {
        // .NET opens no folders; the rest it does.
        var descriptor = Open(path, ReadOnlyDirectoryCloseOnExec);
        if (descriptor < 0)
        {
            const int NoSuchEntry = 2;
            var error = Marshal.GetLastPInvokeError();
            var message = Marshal.GetPInvokeErrorMessage(error);
            throw error == NoSuchEntry ? new DirectoryNotFoundException(message) : new IOException(message, error);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
