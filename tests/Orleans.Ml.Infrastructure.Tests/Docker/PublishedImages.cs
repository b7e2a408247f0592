using System.Diagnostics;
using System.Runtime.Versioning;
using Orleans.Ml.Testing;

[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(Orleans.Ml.Testing.Servers.Azurite))]
[assembly: AssemblyFixture(typeof(Orleans.Ml.Infrastructure.Tests.Docker.PublishedImages))]

namespace Orleans.Ml.Infrastructure.Tests.Docker;

/// <summary>What infra/docker/publish writes for both images, of the programs as they were built for the tests; once for all tests, when the first one asks.</summary>
public sealed class PublishedImages : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _root = Directory.CreateTempSubdirectory("orleans-ml-images-").FullName;
    private readonly Lazy<Task> _publishing;

    public PublishedImages() => _publishing = new(PublishAsync);

    /// <summary>What an image has in /app.</summary>
    public async Task<string> FolderAsync(string image)
    {
        await _publishing.Value;
        return Path.Combine(_root, image);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task PublishAsync()
    {
        // Temporary directories are their owner's alone, and the programs run as somebody else.
        File.SetUnixFileMode(_root, (UnixFileMode)Convert.ToInt32("755", 8));
        foreach (var image in new[] { "silo", "web" })
        {
            using var publish = Process.Start(new ProcessStartInfo(
                Path.Combine(TestModels.Repository, "infra", "docker", "publish"), ["--no-build", image, Path.Combine(_root, image)])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = await Task.WhenAll(publish.StandardOutput.ReadToEndAsync(), publish.StandardError.ReadToEndAsync()).WaitAsync(Patience);
            await publish.WaitForExitAsync().WaitAsync(Patience);
            Assert.True(publish.ExitCode == 0, string.Concat(said));
        }
    }
}
