using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>
/// A copy of what a clone holds, never built, in which <c>./run</c> was started once: that builds it and serves the samples. A copy, because a build in the
/// tests' own tree would replace the programs that other tests are running.
/// </summary>
public sealed class FreshClone : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;

    /// <summary>Where it is.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("orleans-ml-clone-").FullName;

    /// <summary>From the start of the first ./run to the first answer.</summary>
    public TimeSpan FirstAnswer { get; private set; }

    /// <summary>The node of the first ./run.</summary>
    internal RunScript Run { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var file in Directory.GetFiles(TestModels.Repository))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        foreach (var folder in new[] { ".ci", "azurite", "src", "samples" })
            Copy(Path.Combine(TestModels.Repository, folder), Path.Combine(Folder, folder));
        LinkAzurite();
        Run = RunScript.Start(Folder, _data);
        FirstAnswer = await Run.FirstAnswerAsync("tiny-ner");
        await Run.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Run.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>
    /// Installing the emulator is npm's business, and takes longer than all that is tested here. A link to the one package, which finds the others where it really is:
    /// npm empties the folder of packages when it installs, and through a link to that it would empty the tests' own.
    /// </summary>
    private void LinkAzurite()
    {
        var (installed, packages) = (Path.Combine(TestModels.Repository, "azurite", "node_modules"), Path.Combine(Folder, "azurite", "node_modules"));
        if (!File.Exists(Path.Combine(installed, ".package-lock.json")))
            return;
        Directory.CreateDirectory(packages);
        Directory.CreateSymbolicLink(Path.Combine(packages, "azurite"), Path.Combine(installed, "azurite"));
        // Written now, so that it is newer than what it was made from.
        File.WriteAllBytes(Path.Combine(packages, ".package-lock.json"), File.ReadAllBytes(Path.Combine(installed, ".package-lock.json")));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from).Where(f => Path.GetFileName(f) is not ("bin" or "obj" or "node_modules" or "data")))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

/// <summary>Tests that use one fresh clone; like those that are <see cref="Alone"/> they run when no other test does.</summary>
[CollectionDefinition(nameof(InAFreshClone), DisableParallelization = true)]
public sealed class InAFreshClone : ICollectionFixture<FreshClone>;
