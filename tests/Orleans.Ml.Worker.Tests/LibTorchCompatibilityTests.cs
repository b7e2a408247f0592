using System.Buffers.Binary;
using System.Text;

namespace Orleans.Ml.Worker.Tests;

/// <summary>The three edits, on the file they are made for.</summary>
public sealed class LibTorchCompatibilityTests
{
    private static string Library => Path.Combine(AppContext.BaseDirectory, "worker", "libLibTorchSharp.so");

    [Fact]
    public void MakesThreeSmallEdits()
    {
        var original = File.ReadAllBytes(Library);
        var patched = File.ReadAllBytes(Library);

        ElfVersionPatch.Apply(patched);

        Assert.Equal(original.Length, patched.Length);
        var edits = Enumerable.Range(0, original.Length).Where(at => original[at] != patched[at]).ToList();
        // Flags (one byte differs), name of the symbol (up to four), version index of the symbol (up to two).
        Assert.InRange(edits.Count, 3, 7);
        var flags = Assert.Single(edits, at => original[at] == 0 && patched[at] == 2);
        var version = Assert.Single(edits, at => BinaryPrimitives.ReadUInt16LittleEndian(patched.AsSpan(at)) == 1 && at < flags && original[at] > 1 && patched[at] == 1);
        var name = edits.Except([flags, version]).Min();
        Assert.True(name + 4 > edits.Except([flags, version]).Max());
    }

    [Fact]
    public void ChangesNothing_WhenAppliedAgain()
    {
        var once = File.ReadAllBytes(Library);
        ElfVersionPatch.Apply(once);
        var twice = once.ToArray();

        ElfVersionPatch.Apply(twice);

        Assert.Equal(once, twice);
    }

    [Fact]
    public void IsNeeded_OnlyWhereTheSystemsLibraryLacksTheVersion()
    {
        // The version's name is in the library's string table exactly if it defines it; found here by other means than the product's.
        var path = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).FirstOrDefault(path => path.Contains("libstdc++.so", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("The runtime itself needs libstdc++, yet it is not loaded.");
        var hasVersion = File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(ElfVersionPatch.Version + "\0")) >= 0;

        Assert.Equal(!hasVersion, LibTorchCompatibility.NeedsPatch());
    }

    [Fact]
    public void RefusesAFileThatIsNoLibrary() =>
        Assert.Throws<BadImageFormatException>(() => ElfVersionPatch.Apply(Encoding.ASCII.GetBytes(new string('x', 4096))));

    [Fact]
    public void RefusesALibraryItIsNotMadeFor() =>
        Assert.Throws<BadImageFormatException>(() => ElfVersionPatch.Apply(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "worker", "libgomp-98b21ff3.so.1"))));

    [Fact]
    public void ExistsOnce_TheFileThatFillsADisk()
    {
        var copies = Directory.EnumerateFiles(Path.Combine(Testing.TestModels.Repository, "artifacts"), "libtorch_cpu.so", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });

        Assert.Single(copies.Select(copy => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(copy)))).Distinct());
    }
}
