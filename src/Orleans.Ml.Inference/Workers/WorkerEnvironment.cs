using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// The environment variables of a worker. A model is code, so nothing of the node's own environment reaches it (connection strings, keys) except
/// what finding the runtime and the libraries takes.
/// </summary>
internal static class WorkerEnvironment
{
    /// <summary>Set in every worker.</summary>
    public const string Marker = "ORLEANS_ML_WORKER";

    private static readonly FrozenSet<string> Inherited =
        ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64"];

    /// <summary>Replaces a process' environment. Values: torch-runtime.md §6.</summary>
    public static void Apply(IDictionary<string, string?> environment, int threadsPerAllocation)
    {
        foreach (var name in environment.Keys.Where(name => !Inherited.Contains(name)).ToList())
            environment.Remove(name);
        if (FindDotnetRoot() is { } root)
            environment["DOTNET_ROOT"] = root;

        environment[Marker] = "1";
        environment["OMP_NUM_THREADS"] = threadsPerAllocation.ToString(CultureInfo.InvariantCulture);
        // Few arenas, and no mappings of their own for large blocks: tensors come and go, and page faults cost more than the memory does.
        environment["MALLOC_ARENA_MAX"] = "4";
        environment["MALLOC_TRIM_THRESHOLD_"] = "1073741824";
        environment["MALLOC_MMAP_THRESHOLD_"] = "1073741824";
        environment["MALLOC_MMAP_MAX_"] = "0";
        environment["DOTNET_gcServer"] = "0";
        // A worker that is killed must not leave the debugger's socket and pipe in /tmp.
        environment["DOTNET_EnableDiagnostics"] = "0";
        environment["DOTNET_NOLOGO"] = "1";
    }

    // The worker's executable looks for the runtime in the usual places only; this program may have been started with another one.
    private static string? FindDotnetRoot()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return Directory.Exists(Path.Combine(root, "host", "fxr")) ? root : null;
    }
}
