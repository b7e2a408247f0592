using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Orleans.Ml.Worker;

/// <summary>What the kernel is told about this process before a model gets into it.</summary>
internal static partial class ProcessLimits
{
    /// <summary>Address space of an allocation's stack; deep TorchScript code recurses in native code.</summary>
    public const int AllocationStackBytes = 16 * 1024 * 1024;

    /// <summary>Of GNU OpenMP's helper threads: the usual limit for stacks.</summary>
    private const int OpenMpStackBytes = 8 * 1024 * 1024;

    private const int DeathSignal = 1;
    private const int Kill = 9;
    private const int FileSize = 1;
    private const int Data = 2;
    private const int Core = 4;
    private const int LowPriorityNice = 15;

    /// <summary>Ends this process with its parent, and at once if the parent is gone already.</summary>
    public static void DieWith(int parentId)
    {
        Check(ProcessControl(DeathSignal, Kill, 0, 0, 0), "prctl");
        if (GetParentId() != parentId)
            Exit(ExitCodes.ParentGone);
    }

    /// <summary>Ctrl-C in the node's terminal is the node's to answer: it wants its workers while it drains.</summary>
    public static void LeaveTerminal() => _ = StartSession(); // Fails only for a process that leads a group already.

    /// <summary>Standard input and output lead nowhere: TorchScript's print writes to the latter.</summary>
    public static void CloseStandardStreams()
    {
        using var nowhere = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Check(Duplicate(nowhere, 0), "dup2");
        Check(Duplicate(nowhere, 1), "dup2");
    }

    /// <summary>Under memory pressure the kernel takes a worker before it takes the node.</summary>
    public static void PreferForOutOfMemoryKill()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "667");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Some containers hide it. The order of killing is then the kernel's own.
        }
    }

    /// <summary>No core files; and no files at all, however a model tries.</summary>
    public static void ForbidFiles()
    {
        Limit(Core, 0, 0);
        Limit(FileSize, 0, 0);
    }

    /// <summary>
    /// Turns memory exhaustion into an error that the model gets, instead of one that the kernel kills for. Stacks are counted by the kernel at full
    /// size though hardly any of it is used, and what the runtime has reserved so far is not the model's: neither is held against the limit.
    /// </summary>
    public static void LimitMemory(long limitBytes, long runtimeBytes, int allocations, int threadsPerAllocation)
    {
        if (limitBytes > 0)
        {
            var stackBytes = AllocationStackBytes + ((threadsPerAllocation - 1L) * OpenMpStackBytes);
            Limit(Data, limitBytes + runtimeBytes + (allocations * stackBytes), long.MaxValue);
        }
    }

    /// <summary>Lowers the calling thread's priority, and that of the threads it starts.</summary>
    public static void LowerPriority() => Check(SetPriority(0, GetThreadId(), LowPriorityNice), "setpriority");

    /// <summary>Ends the process without running anything: allocations may be in the middle of a forward.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void Exit(int code);

    private static void Limit(int resource, long soft, long hard)
    {
        // A hard limit that the administrator has set lower stays.
        Check(GetLimit(resource, out var current), "getrlimit");
        var highest = Math.Min((ulong)hard, current.Hard);
        var limit = new ResourceLimit { Soft = Math.Min((ulong)soft, highest), Hard = hard == long.MaxValue ? current.Hard : highest };
        Check(SetLimit(resource, limit), "setrlimit");
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentId();

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int StartSession();

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(SafeHandle from, int to);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int nice);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in ResourceLimit limit);

    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
