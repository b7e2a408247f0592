using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Orleans.Ml.Worker;

/// <summary>
/// Loads libtorch and TorchSharp's native half before TorchSharp itself looks for them: with the edits of <see cref="ElfVersionPatch"/> where the
/// system's libstdc++ is older than GCC 13, and with one clear error where they cannot be loaded. (Left to itself, TorchSharp then copies
/// 480 MB of libraries into another folder.)
/// </summary>
internal static partial class LibTorchCompatibility
{
    private const string NativeHalf = "LibTorchSharp";
    private const uint CloseOnExec = 1;

    /// <summary>Whether the libstdc++ of this system lacks what TorchSharp's native half asks for.</summary>
    public static bool NeedsPatch() =>
        !NativeLibrary.TryGetExport(NativeLibrary.Load("libstdc++.so.6"), ElfVersionPatch.Symbol, out _);

    /// <summary>Loads the libraries. Call once, before anything of TorchSharp is touched.</summary>
    /// <param name="folder">Where the native files are.</param>
    /// <exception cref="DllNotFoundException">They are missing or do not fit this system.</exception>
    public static void Load(string folder)
    {
        // First by full path: the patched copy has no folder of its own and finds these by name because they are loaded.
        NativeLibrary.Load(Path.Combine(folder, "libtorch.so"));
        var original = Path.Combine(folder, $"lib{NativeHalf}.so");
        var handle = NeedsPatch() ? LoadPatched(original) : NativeLibrary.Load(original);
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == NativeHalf ? handle : 0;
    }

    /// <summary>
    /// Turns off the executor that records profiles for fusion: CPU builds have no fusion, and the recording makes the first calls slow.
    /// A libtorch without that switch is left as it is.
    /// </summary>
    public static unsafe void TurnOffProfiling(string folder)
    {
        var libtorch = NativeLibrary.Load(Path.Combine(folder, "libtorch_cpu.so"));
        if (NativeLibrary.TryGetExport(libtorch, "_ZN5torch3jit16getProfilingModeEv", out var getProfilingMode))
            *((delegate* unmanaged<byte*>)getProfilingMode)() = 0;
    }

    // The edited copy exists in memory only: nothing to clean up, nothing that somebody else could replace, no race between workers.
    private static nint LoadPatched(string original)
    {
        var library = File.ReadAllBytes(original);
        ElfVersionPatch.Apply(library);
        using var file = CreateMemoryFile(NativeHalf, CloseOnExec);
        if (file.IsInvalid)
            throw new DllNotFoundException($"cannot hold the edited [{original}] in memory: {Marshal.GetLastPInvokeErrorMessage()}");
        RandomAccess.Write(file, library, 0);
        return NativeLibrary.Load($"/proc/self/fd/{file.DangerousGetHandle()}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial Microsoft.Win32.SafeHandles.SafeFileHandle CreateMemoryFile(string name, uint flags);
}
