namespace Orleans.Ml.Testing;

/// <summary>What the kernel knows of processes: counts from here cannot be talked into anything.</summary>
public static class ProcFs
{
    public static IEnumerable<int> ChildrenOf(int processId) => Processes().Where(id => ParentOf(id) == processId);

    public static string CommandLine(int processId) => Read(processId, "cmdline").Replace('\0', ' ');

    public static bool Exists(int processId) => Directory.Exists($"/proc/{processId}") && StateOf(processId) is not ('Z' or 'X');

    public static int OpenFiles(int processId) => Directory.GetFileSystemEntries($"/proc/{processId}/fd").Length;

    public static int Threads(int processId) => Directory.GetDirectories($"/proc/{processId}/task").Length;

    public static long ResidentBytes(int processId) => Read(processId, "status").Split('\n')
        .Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024)
        .FirstOrDefault();

    private static IEnumerable<int> Processes() => Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, System.Globalization.CultureInfo.InvariantCulture));

    private static int ParentOf(int processId) => int.TryParse(StatField(processId, 1), out var parent) ? parent : 0;

    private static char StateOf(int processId) => StatField(processId, 0) is [var state, ..] ? state : 'X';

    /// <summary>A field of /proc/N/stat after the name, which may itself hold blanks and brackets.</summary>
    private static string StatField(int processId, int index)
    {
        var stat = Read(processId, "stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return index < fields.Length ? fields[index] : "";
    }

    private static string Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
