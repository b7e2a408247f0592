using System.Text;
using Orleans.Ml.Testing;

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
        // Flags of the version, name of the symbol, version of the symbol: each a field of at most four bytes.
        Assert.Equal(3, edits.Count(at => !edits.Contains(at - 1) && !edits.Contains(at - 2) && !edits.Contains(at - 3)));
        Assert.Single(edits, at => (original[at], patched[at]) == (0, 2));
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
        // Found by other means than the product's: a library that defines a version has its name.
        var path = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1])
            .First(path => path.Contains("libstdc++.so", StringComparison.Ordinal));
        var hasVersion = File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(ElfVersionPatch.Version + "\0")) >= 0;

        Assert.Equal(!hasVersion, LibTorchCompatibility.NeedsPatch());
    }

    [Fact]
    public void RefusesAFileThatIsNoLibrary() =>
        Assert.Throws<BadImageFormatException>(() => ElfVersionPatch.Apply(Encoding.ASCII.GetBytes(new string('x', 4096))));

    [Fact]
    public void RefusesALibraryItIsNotMadeFor()
    {
        var other = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "worker", "libgomp-98b21ff3.so.1"));

        Assert.Throws<BadImageFormatException>(() => ElfVersionPatch.Apply(other));
    }

    [Fact]
    public void TheNativeFilesExistOnce()
    {
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var copies = Directory.EnumerateFiles(Path.Combine(TestModels.Repository, "artifacts", "bin"), "libtorch_cpu.so", everywhere);

        Assert.Equal(["Orleans.Ml.Worker"], copies.Select(copy => Directory.GetParent(copy)!.Parent!.Name).Distinct());
    }
}
