using System.Globalization;

namespace Orleans.Ml.Silo.Options;

/// <summary>
/// The memory this process and its workers may really use: the machine's, or less where control groups (containers) allow less. The garbage
/// collector's own figure is no substitute: inside a limit it is three quarters of it, meant for managed memory only.
/// </summary>
internal static class UsableMemory
{
    /// <summary>Bytes; 0 when the system tells nothing.</summary>
    public static long Read(string root = "/")
    {
        var limits = ReadControlGroups(root).Append(ReadMachine(root)).Where(bytes => bytes > 0).ToList();
        return limits.Count == 0 ? 0 : limits.Min();
    }

    private static long ReadMachine(string root)
    {
        foreach (var line in ReadLines(Path.Combine(root, "proc/meminfo")))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    /// <summary>The limits of the process's groups and of all groups above them: each of them holds.</summary>
    private static IEnumerable<long> ReadControlGroups(string root)
    {
        foreach (var line in ReadLines(Path.Combine(root, "proc/self/cgroup")))
        {
            // hierarchy-id:controllers:path; version 2 has id 0 and no controllers, and may be mounted below version 1 ("unified").
            var parts = line.Split(':', 3);
            if (parts is not [_, var controllers, var path])
                continue;
            var (mounts, file) = controllers switch
            {
                "" => (new[] { "sys/fs/cgroup", "sys/fs/cgroup/unified" }, "memory.max"),
                _ when controllers.Split(',').Contains("memory") => (["sys/fs/cgroup/memory"], "memory.limit_in_bytes"),
                _ => ([], ""),
            };
            foreach (var mount in mounts)
            {
                // Inside a container the path may be the host's while the mount shows only the container's own group: the walk ends at the mount itself.
                for (var group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
                {
                    if (ReadLines(Path.Combine(root, mount, group, file)) is [var text, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
                        yield return bytes;
                    if (group.Length == 0)
                        break;
                }
            }
        }
    }

    private static string[] ReadLines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
