using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.Infrastructure.Tests.Docker;

/// <summary>What the images hold, run without Docker.</summary>
public sealed class PublishedImageTests(PublishedImages images, Azurite azurite) : IAsyncLifetime
{
    private string _key = "";
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-container-").FullName;

    public async ValueTask InitializeAsync()
    {
        var connectionString = await azurite.ConnectionStringAsync();
        _key = connectionString.Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];
        await File.WriteAllTextAsync(Path.Combine(_data, "account"), connectionString, TestContext.Current.CancellationToken);
        // For whoever the process is.
        File.SetUnixFileMode(_data, (UnixFileMode)Convert.ToInt32("777", 8));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_data, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ServeAModel_AsAUserWhoOwnsNothing_AndStopInOrder()
    {
        await using var silo = ImageProcess.Start("silo", await images.FolderAsync("silo"), [.. Cluster, ("ORLEANS_ML_NAME", "silo-1"), ("ORLEANS_ML_CLUSTER_HOST", "127.0.0.2")]);
        await using var web = ImageProcess.Start("web", await images.FolderAsync("web"), Cluster);
        foreach (var process in new[] { silo, web })
        {
            await process.UntilOkAsync("/livez");
            await process.UntilOkAsync("/readyz");
        }

        await web.Http.DeploySampleAsync("tiny-ner");
        var answer = await web.Http.InferAsync("tiny-ner", "Anna lives in Berlin");

        Assert.Single(answer.AsArray());
        Assert.Equal(0, await web.StopAsync());
        Assert.Equal(0, await silo.StopAsync());
        Assert.DoesNotContain(_key, silo.Output + web.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("web")]
    public async Task HoldNativeFilesOfOnePlatformOnly(string image)
    {
        var folder = await images.FolderAsync(image);

        Assert.Equal(["linux-x64"], Directory.GetDirectories(Path.Combine(folder, "runtimes")).Select(Path.GetFileName));
        Assert.Equal(image == "silo" ? 1 : 0, Directory.GetFiles(folder, "libtorch_cpu.so", SearchOption.AllDirectories).Length);
    }

    // Where the Dockerfile has a volume.
    private (string, string)[] Cluster => [("ORLEANS_ML_DATA", Path.Combine(_data, "data")), ("ORLEANS_ML_AZURE_STORAGE_FILE", Path.Combine(_data, "account"))];
}
