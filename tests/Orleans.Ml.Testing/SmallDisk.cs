using System.Diagnostics;

namespace Orleans.Ml.Testing;

/// <summary>A disk of a few kilobytes, mounted over a folder until it is disposed.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _folder;
    private bool _isDisposed;

    private SmallDisk(string folder) => _folder = folder;

    /// <summary>Mounts it; null where this user may not.</summary>
    public static SmallDisk? TryMount(string folder, int kilobytes)
    {
        Directory.CreateDirectory(folder);
        return Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "orleans-ml-test", folder) == 0 ? new(folder) : null;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        // Lazily: a process that ends may hold a file open for a moment.
        if (Run("umount", "--lazy", _folder) != 0)
            throw new InvalidOperationException($"{_folder} could not be unmounted");
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
