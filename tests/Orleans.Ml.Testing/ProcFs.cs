namespace Orleans.Ml.Testing;

/// <summary>What the kernel knows of processes: counts from here cannot be talked into anything.</summary>
public static class ProcFs
{
    // Counted from the state, the first field after the name.
    private const int UserTicksField = 11;
    private const int NiceField = 16;

    public static IEnumerable<int> ChildrenOf(int processId) => Processes().Where(id => ParentOf(id) == processId);

    /// <summary>Children, their children, and so on.</summary>
    public static IEnumerable<int> DescendantsOf(int processId) => ChildrenOf(processId).SelectMany(id => DescendantsOf(id).Prepend(id));

    public static IEnumerable<int> WithCommandLine(string part) => Processes().Where(id => CommandLine(id).Contains(part, StringComparison.Ordinal));

    /// <summary>The threads of a process.</summary>
    public static IReadOnlyList<ProcTask> Tasks(int processId) =>
    [
        .. Directory.GetDirectories($"/proc/{processId}/task").Select(Path.GetFileName)
            .Select(id => (Id: id!, Stat: Read(processId, $"task/{id}/stat")))
            .Where(t => t.Stat.Length > 0)
            .Select(t => new ProcTask(Number(t.Id), Number(StatField(t.Stat, NiceField)), Number(StatField(t.Stat, UserTicksField)))),
    ];

    /// <summary>What its threads call themselves, cut by the kernel to 15 characters.</summary>
    public static IReadOnlyList<string> ThreadNames(int processId)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{processId}/task").Select(task => Read(processId, $"task/{Path.GetFileName(task)}/comm").TrimEnd())];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public static string CommandLine(int processId) => Read(processId, "cmdline").Replace('\0', ' ');

    public static bool Exists(int processId) => Directory.Exists($"/proc/{processId}") && StateOf(processId) is not ('Z' or 'X');

    public static int OpenFiles(int processId) => Directory.GetFileSystemEntries($"/proc/{processId}/fd").Length;

    public static int Threads(int processId) => Directory.GetDirectories($"/proc/{processId}/task").Length;

    public static long ResidentBytes(int processId) => Read(processId, "status").Split('\n')
        .Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024)
        .FirstOrDefault();

    private static IEnumerable<int> Processes() => Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, System.Globalization.CultureInfo.InvariantCulture));

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static int ParentOf(int processId) => int.TryParse(StatField(processId, 1), out var parent) ? parent : 0;

    private static char StateOf(int processId) => StatField(processId, 0) is [var state, ..] ? state : 'X';

    private static string StatField(int processId, int index) => StatField(Read(processId, "stat"), index);

    /// <summary>A field after the name, which may itself hold blanks and brackets.</summary>
    private static string StatField(string stat, int index)
    {
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

/// <summary>A thread as the kernel sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Nice">Its nice value, -20 to 19.</param>
/// <param name="CpuTicks">Time it has computed in user mode, in clock ticks.</param>
public sealed record ProcTask(int Id, int Nice, int CpuTicks);
