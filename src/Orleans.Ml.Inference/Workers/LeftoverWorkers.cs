using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// Workers of an earlier life of the node. The kernel ends a worker with its parent, but not one whose parent is frozen or hangs while it dies; and a worker
/// that survives computes on processors which the new life gives to others.
/// </summary>
public static partial class LeftoverWorkers
{
    private static readonly TimeSpan BurialLimit = TimeSpan.FromSeconds(5);

    /// <summary>Kills every worker that serves a model from a folder and was not started by this process, and waits until they are gone.</summary>
    /// <param name="modelDirectory">The folder of the node's local models, which belongs to one node alone: whoever serves from it is, or was, that node.</param>
    /// <param name="logger">Told of each.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="TimeoutException">One does not go: it hangs in the kernel, and so may its memory and processors.</exception>
    public static async Task<int> KillAsync(string modelDirectory, ILogger logger, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(modelDirectory) + Path.DirectorySeparatorChar;
        var leftovers = Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => ServesFrom(id, folder) && ParentOf(id) != Environment.ProcessId)
            .ToList();
        foreach (var id in leftovers)
            await KillAsync(id, logger, cancellationToken);
        return leftovers.Count;
    }

    private static async Task KillAsync(int id, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            using var worker = Process.GetProcessById(id);
            LogLeftover(logger, id);
            worker.Kill();
            await worker.WaitForExitAsync(cancellationToken).WaitAsync(BurialLimit, TimeProvider.System, cancellationToken);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            LogGone(logger, id);
        }
    }

    private static bool ServesFrom(int id, string folder) =>
        Read(id, "cmdline").Split('\0') is [var program, .. var arguments]
        && Path.GetFileName(program) == WorkerProcess.Executable
        && arguments.Any(argument => argument.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>The second field after the name, which may itself hold blanks and brackets.</summary>
    private static int ParentOf(int id)
    {
        var stat = Read(id, "stat");
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var parent, ..]
            ? int.Parse(parent, CultureInfo.InvariantCulture)
            : 0;
    }

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker process {ProcessId} is left over from an earlier life of this node and is killed")]
    private static partial void LogLeftover(ILogger logger, int processId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Worker process {ProcessId} was gone already")]
    private static partial void LogGone(ILogger logger, int processId);
}
