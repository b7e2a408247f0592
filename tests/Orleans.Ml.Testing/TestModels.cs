using Xunit;

namespace Orleans.Ml.Testing;

/// <summary>Where tests find models: the small ones of the repository, and the shared ones that are too large for it.</summary>
public static class TestModels
{
    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>A folder of <c>samples/models</c>.</summary>
    public static string Sample(string name) => Path.Combine(Repository, "samples", "models", name);

    /// <summary>
    /// A path below the shared models: <c>ORLEANS_ML_MODELS</c>, else <c>../shared/models</c> beside the clone. Skips the test where they are absent;
    /// fails it where <c>CI</c> is set, because there they must be.
    /// </summary>
    public static string Shared(params string[] parts)
    {
        var folder = Environment.GetEnvironmentVariable("ORLEANS_ML_MODELS") ?? Path.Combine(Repository, "..", "shared", "models");
        var path = Path.GetFullPath(Path.Combine([folder, .. parts]));
        if (Path.Exists(path))
            return path;
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"the shared models are not there: {path}");
        Assert.Skip($"the shared models are not there: {path}");
        return path;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orleans.Ml.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"No Orleans.Ml.sln above {AppContext.BaseDirectory}");
        return folder;
    }
}
