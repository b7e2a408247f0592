using System.Text;

namespace Orleans.Ml.Silo.Start;

/// <summary>The directory of everything that outlives the process, claimed by one node at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    // EWOULDBLOCK of Linux, which .NET hands on as it is.
    private const int WouldBlock = 11;
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream claim)
    {
        Path = path;
        _lock = claim;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>
    /// Creates the directory when it is not there and claims it. The claim is a lock of the operating system (flock): it ends with the process,
    /// however that ends.
    /// </summary>
    /// <exception cref="StartFailure">It cannot be used, or another node has it.</exception>
    public static DataDirectory Claim(string path, string nodeName)
    {
        var lockPath = System.IO.Path.Combine(path, "node.lock");
        try
        {
            Directory.CreateDirectory(path);
            var claim = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            claim.SetLength(0);
            claim.Write(Encoding.UTF8.GetBytes($"{nodeName}, process {Environment.ProcessId}\n"));
            claim.Flush();
            return new(path, claim);
        }
        catch (IOException failure) when (failure.HResult == WouldBlock)
        {
            throw new StartFailure($"The data directory {path} is in use by another node. Stop that node, or choose another directory with --data.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartFailure($"The data directory {path} cannot be written: {failure.Message} Choose another one with --data.");
        }
    }

    /// <summary>Gives the directory back.</summary>
    public void Dispose() => _lock.Dispose();
}
