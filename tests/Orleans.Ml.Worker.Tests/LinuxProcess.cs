using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Orleans.Ml.Worker.Tests;

/// <summary>What the kernel knows about processes.</summary>
internal static partial class LinuxProcess
{
    /// <summary>Worker processes whose parent is this test process.</summary>
    public static List<int> WorkersOf(int parentId) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => ReadStatus(id, "PPid:") == parentId && ReadCommandLine(id).Contains("\0serve\0", StringComparison.Ordinal))];

    public static int WorkerOf(string deployment) => WorkersOf(Environment.ProcessId)
        .Single(id => ReadCommandLine(id).Contains($"\0--deployment\0{deployment}\0", StringComparison.Ordinal));

    public static int OpenFiles => Directory.GetFiles("/proc/self/fd").Length;

    public static int Threads => Directory.GetDirectories("/proc/self/task").Length;

    public static void Kill(int id) => Assert.Equal(0, SendSignal(id, 9));

    /// <summary>Waits for the end of any process, child or not.</summary>
    public static async Task WaitForEndAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (ArgumentException)
        {
            // It has ended.
        }
    }

    public static bool HasWorker(string deployment) => WorkersOf(Environment.ProcessId)
        .Any(id => ReadCommandLine(id).Contains($"\0--deployment\0{deployment}", StringComparison.Ordinal));

    private static int ReadStatus(int id, string field)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) ?? "0";
            return int.Parse(line.Split('\t')[^1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string ReadCommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int id, int signal);
}
