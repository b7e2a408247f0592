using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Three nodes as a newcomer starts them.</summary>
[Collection(nameof(InAFreshClone))]
public sealed class RunClusterTests(FreshClone clone)
{
    private const int SigInt = 2;

    [Fact]
    public async Task EveryNodeServesEveryModelAndNothingIsLeft_WhenThreeNodesAreStartedAndCtrlCIsPressed()
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;
        await using var run = RunScript.Start(clone.Folder, data, "--cluster", "3");
        await run.ReadyAsync();
        foreach (var port in Enumerable.Range(run.Port, 3))
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            foreach (var sample in new[] { "tiny-ner", "tiny-language", "tiny-embedding" })
                await http.InferAsync(sample, "Paris");
        }

        var started = ProcFs.DescendantsOf(run.ProcessId).Append(run.ProcessId).ToDictionary(id => id, ProcFs.CommandLine);

        var exitCode = await run.SignalAsync(SigInt, toGroup: true);

        Assert.Equal(0, exitCode);
        Assert.Equal(3, started.Values.Count(c => c.Contains(" --name node-", StringComparison.Ordinal)));
        Assert.Equal(3, started.Values.Count(c => c.Contains("Orleans.Ml.Worker serve", StringComparison.Ordinal)));
        Assert.Single(started.Values, c => c.Contains("redis-server", StringComparison.Ordinal));
        Assert.All(started, p => Assert.False(ProcFs.Exists(p.Key), $"{p.Key} is left: {p.Value}"));
        Assert.Empty(ProcFs.WithCommandLine(data));
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task AnswersGoOnAndNothingIsLeft_WhenTheSampleKillsANode()
    {
        var temporary = Directory.CreateTempSubdirectory("orleans-ml-sample-").FullName;
        var start = new ProcessStartInfo(Path.Combine(clone.Folder, "samples", "kill-a-node.sh"), ["--port", $"{MlServer.FreePort()}", "--seconds", "5"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary;
        using var sample = Process.Start(start)!;
        var (output, errors) = (sample.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), sample.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));

        await sample.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        var shown = await output + await errors;
        Assert.True(sample.ExitCode == 0, shown);
        Assert.Contains("kill -9 node-", shown, StringComparison.Ordinal);
        Assert.Contains(", 0 requests failed", shown, StringComparison.Ordinal);
        Assert.Empty(ProcFs.WithCommandLine(temporary));
        // What is left is the debugging sockets that the runtime of a killed process cannot remove.
        Assert.Empty(Directory.GetDirectories(temporary));
        Measured.Print($"samples/kill-a-node.sh: {shown.Split('\n').Single(l => l.Contains("requests failed", StringComparison.Ordinal))}");
        Directory.Delete(temporary, recursive: true);
    }
}
