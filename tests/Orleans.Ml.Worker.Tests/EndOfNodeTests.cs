using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

/// <summary>No worker outlives the node it serves.</summary>
public sealed class EndOfNodeTests
{
    [Fact]
    public async Task EndsTheWorker_WhenTheNodeIsKilled()
    {
        using var node = FakeWorker.StartParent(TestWorkers.TinyEmbedding);
        var line = await node.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var worker = int.Parse(line!, CultureInfo.InvariantCulture);

        node.Kill();

        await LinuxProcess.WaitForEndAsync(worker);
        Assert.False(Directory.Exists($"/proc/{worker}"));
    }

    [Fact]
    public async Task EndsTheWorker_WhenTheConnectionEnds_ThoughAForwardNeverReturns()
    {
        var folder = Directory.CreateTempSubdirectory("oml-test-");
        try
        {
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "s")));
            listener.Listen();
            using var worker = Spawn(listener, TestModels.Shared("hostile", "endless-loop.pt"));
            var control = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            using var requests = await listener.AcceptAsync(TestContext.Current.CancellationToken);

            control.Dispose();

            await worker.WaitForExitAsync(TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(0, worker.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task KeepsTheNodesEnvironmentFromTheModel()
    {
        Environment.SetEnvironmentVariable("ORLEANS_ML_TEST_SECRET", "hunter2");
        await using var workers = new TestWorkers();
        await workers.StartReadyAsync(TestWorkers.Settings(TestWorkers.TinyEmbedding) with { DeploymentId = "curious" });

        var environment = await File.ReadAllTextAsync($"/proc/{LinuxProcess.WorkerOf("curious")}/environ", TestContext.Current.CancellationToken);

        Assert.Contains("OMP_NUM_THREADS=1", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", environment, StringComparison.Ordinal);
    }

    private static Process Spawn(Socket listener, string modelPath)
    {
        var arguments = new WorkerArguments(
            "test", listener.LocalEndPoint!.ToString()!, Environment.ProcessId, modelPath,
            Allocations: 1, ThreadsPerAllocation: 1, IsLowPriority: false, TensorArguments: 4,
            WarmUpTokenId: 5, MaxLength: 512, MemoryLimitBytes: 0, MaxOutputBytes: 1 << 20);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "worker", "Orleans.Ml.Worker"), arguments.ToCommandLine());
        WorkerEnvironment.Apply(start.Environment, threadsPerAllocation: 1);
        return Process.Start(start)!;
    }
}
