using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Inference.Tests.Workers;

/// <summary>Processes that look like workers: their program's name and a model's path are all that is looked at.</summary>
public sealed class LeftoverWorkersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleans-ml-leftover-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KillsAWorkerOfAnotherParent_AlsoWhenItIsFrozen(bool isFrozen)
    {
        var worker = await StartOrphanAsync("node-1");
        if (isFrozen)
            Assert.Equal(0, MlServer.Signal(worker, 19));

        Assert.Equal(1, await LeftoverWorkers.KillAsync(ModelsOf("node-1"), NullLogger.Instance, Cancellation));

        Assert.False(ProcFs.Exists(worker));
    }

    [Fact]
    public async Task LeavesAWorkerOfAnotherNodeAlone()
    {
        var worker = await StartOrphanAsync("node-11");

        Assert.Equal(0, await LeftoverWorkers.KillAsync(ModelsOf("node-1"), NullLogger.Instance, Cancellation));

        Assert.True(ProcFs.Exists(worker));
        using var process = Process.GetProcessById(worker);
        process.Kill();
    }

    [Fact]
    public async Task LeavesItsOwnWorkersAlone()
    {
        using var own = Process.Start("bash", ["-c", Command("node-1")]);
        while (!ProcFs.CommandLine(own.Id).Contains("/Orleans.Ml.Worker", StringComparison.Ordinal) || ProcFs.CommandLine(own.Id).Contains("exec", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);

        Assert.Equal(0, await LeftoverWorkers.KillAsync(ModelsOf("node-1"), NullLogger.Instance, Cancellation));

        Assert.False(own.HasExited);
        own.Kill();
    }

    private string ModelsOf(string node) => Path.Combine(_folder, node, "models");

    private string Command(string node)
    {
        Directory.CreateDirectory(ModelsOf(node));
        File.WriteAllText(Path.Combine(ModelsOf(node), "m.pt"), "");
        return $"exec -a /x/Orleans.Ml.Worker tail -f {ModelsOf(node)}/m.pt";
    }

    /// <summary>A process whose parent has ended.</summary>
    private async Task<int> StartOrphanAsync(string node)
    {
        using var parent = Process.Start(new ProcessStartInfo("bash", ["-c", $"({Command(node)}) >/dev/null 2>&1 & echo $!"]) { RedirectStandardOutput = true })!;
        var id = int.Parse(await parent.StandardOutput.ReadToEndAsync(Cancellation), CultureInfo.InvariantCulture);
        await parent.WaitForExitAsync(Cancellation);
        while (ProcFs.CommandLine(id) is var line && (!line.Contains("/Orleans.Ml.Worker", StringComparison.Ordinal) || line.Contains("exec", StringComparison.Ordinal)))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        return id;
    }
}
