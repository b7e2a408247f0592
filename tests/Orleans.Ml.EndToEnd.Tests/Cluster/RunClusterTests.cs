using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Three nodes, a frontend and the storage emulator as a newcomer starts them.</summary>
[Collection(nameof(InAFreshClone))]
public sealed class RunClusterTests(FreshClone clone)
{
    private const int SigInt = 2;
    private const string Ner = "tiny-ner";
    private const string Embedding = "tiny-embedding";
    private static readonly string[] Samples = [Ner, "tiny-language", Embedding];

    private static readonly TimeSpan ReturnLimit = FullRun.Limit(TimeSpan.FromSeconds(30));

    [Fact]
    public async Task EverythingThatDiesComesBackRequestsGoOnAndNothingIsLeft_WhenProcessesAreKilledAndThenCtrlCIsPressed()
    {
        var data = NewData();
        await using var run = RunScript.Start(clone.Folder, data, "--cluster", "3", "--processors", "2", "--memory", "1gb");
        await run.ReadyAsync();
        foreach (var port in Enumerable.Range(run.Port, 3).Append(WebPort(run)))
        {
            using var http = ClientOf(port);
            await http.UntilReadyAsync();
            foreach (var sample in Samples)
                await http.InferAsync(sample, "Paris");
        }

        await run.Http.StartAsync(Embedding, "deployment_id=vectors&number_of_allocations=3&wait_for=fully_allocated&timeout=60s");
        using var web = ClientOf(WebPort(run));
        await UntilSavedAsync(data);
        var load = new SteadyLoad("vectors", clients: 4, [AddressOf(run.Port), AddressOf(run.Port + 2)]);
        var back = new List<string>();
        await using (load)
        {
            using var node2 = ClientOf(run.Port + 1);
            await KillAsync("node-2", "--name node-2 ", () => node2.UntilReadyAsync());
            await KillAsync("the frontend", "Orleans.Ml.Web ", () => web.UntilReadyAsync());
            await KillAsync("the storage emulator", "azurite.js", () => UntilItCanBeChangedAsync(run.Http));
        }

        Measured.Print($"./run --cluster 3, after kill -9: {string.Join(", ", back)}; asked of the other nodes meanwhile: {load.Tally}");
        Assert.True(load.Tally.Failed == 0 && load.Tally.Answered > 100, $"{load.Tally}\n{run.Output}");
        await web.InferAsync("vectors", "Paris");
        var started = ProcFs.DescendantsOf(run.ProcessId).Append(run.ProcessId).ToDictionary(id => id, ProcFs.CommandLine);

        var exitCode = await run.SignalAsync(SigInt, toGroup: true);

        Assert.True(exitCode == 0, $"exit code {exitCode}\n{run.Output}");
        Assert.Equal(3, started.Values.Count(c => c.Contains(" --name node-", StringComparison.Ordinal)));
        Assert.Single(started.Values, c => c.Contains("azurite.js", StringComparison.Ordinal));
        Assert.Single(started.Values, c => c.Contains("Orleans.Ml.Web ", StringComparison.Ordinal));
        Assert.All(started, p => Assert.False(ProcFs.Exists(p.Key), $"{p.Key} is left: {p.Value}"));
        Assert.Empty(ProcFs.WithCommandLine(data));
        Directory.Delete(data, recursive: true);

        async Task KillAsync(string name, string commandLine, Func<Task> untilItIsBackAsync)
        {
            var process = Assert.Single(ProcFs.DescendantsOf(run.ProcessId), id => ProcFs.CommandLine(id).Contains(commandLine, StringComparison.Ordinal));
            var clock = Stopwatch.StartNew();
            Assert.Equal(0, MlServer.Signal(process, 9));
            await UntilGoneAsync([process]);
            await untilItIsBackAsync();
            back.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is back after {clock.Elapsed.TotalSeconds:F1} s"));
        }
    }

    [Fact]
    public async Task EverythingIsServedAgain_WhenAllProcessesWereKilled_AndNothingIsLeft_WhenTheirSupervisorIs()
    {
        var data = NewData();
        JsonNode before;
        RunScript again;
        await using (var run = RunScript.Start(clone.Folder, data, "--cluster", "3", "--processors", "2", "--memory", "1gb", "--no-samples"))
        {
            await run.ReadyAsync();
            await run.Http.CreateFromFolderAsync(Ner, TestModels.Sample(Ner));
            await run.Http.CreateFromFolderAsync(Embedding, TestModels.Sample(Embedding));
            await run.Http.StartAsync(Ner, "deployment_id=names&number_of_allocations=2&wait_for=fully_allocated&timeout=60s");
            await run.Http.StartAsync(Embedding, "number_of_allocations=3&wait_for=fully_allocated&timeout=60s");
            await run.Http.MustAsync(HttpMethod.Put, $"/_ml/trained_models/{Embedding}/model_aliases/vectors");
            before = await run.Http.InferAsync("names", "Tim Cook met Angela Merkel in Berlin");
            await UntilSavedAsync(data);

            var processes = ProcFs.DescendantsOf(run.ProcessId).Append(run.ProcessId).ToList();
            foreach (var process in processes)
                _ = MlServer.Signal(process, 9);
            await UntilGoneAsync(processes);
            again = run.Again();
        }

        var clock = Stopwatch.StartNew();
        await using (again)
        {
            foreach (var port in Enumerable.Range(again.Port, 3).Append(WebPort(again)))
            {
                using var http = ClientOf(port);
                await UntilAnsweredAsync(http, "names");
                await UntilAnsweredAsync(http, "vectors");
            }

            foreach (var deployment in new[] { "names", Embedding })
                await again.Http.UntilStatsAsync(deployment, "fully allocated", s => s["allocation_status"]?["state"]?.GetValue<string>() == "fully_allocated");
            var elapsed = clock.Elapsed;
            Measured.Print($"./run --cluster 3, all processes killed: after the next start everything is served after {elapsed.TotalSeconds:F1} s, by all three nodes and the frontend");
            Assert.InRange(elapsed, TimeSpan.Zero, ReturnLimit);
            Assert.Equal(before.ToJsonString(), (await again.Http.InferAsync("names", "Tim Cook met Angela Merkel in Berlin")).ToJsonString());

            // The supervisor alone: the kernel ends the others.
            var started = ProcFs.DescendantsOf(again.ProcessId).ToList();
            Assert.Equal(0, MlServer.Signal(again.ProcessId, 9));
            await UntilGoneAsync(started);
        }

        Assert.Empty(ProcFs.WithCommandLine(data));
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task AnswersGoOnTheNodeComesBackAndNothingIsLeft_WhenTheSampleKillsANode()
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

        await sample.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);

        var shown = await output + await errors;
        Assert.True(sample.ExitCode == 0, shown);
        Assert.Contains("kill -9 node-", shown, StringComparison.Ordinal);
        Assert.Contains("was started again and is ready", shown, StringComparison.Ordinal);
        Assert.Contains(", 0 requests failed", shown, StringComparison.Ordinal);
        Assert.Empty(ProcFs.WithCommandLine(temporary));
        // A build, when it was needed first, leaves folders of its own.
        Assert.Empty(Directory.GetDirectories(temporary, "kill-a-node.*"));
        Measured.Print($"samples/kill-a-node.sh: {shown.Split('\n').Single(l => l.Contains("requests failed", StringComparison.Ordinal))}");
        Directory.Delete(temporary, recursive: true);
    }

    private static string NewData() => Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;

    private static async Task UntilSavedAsync(string data)
    {
        var folder = Path.Combine(data, "azurite");
        var account = await File.ReadAllTextAsync(Path.Combine(folder, "account"), TestContext.Current.CancellationToken);
        await new AzuriteFiles(folder, account.TrimEnd()).UntilSavedAsync();
    }

    private static int WebPort(RunScript run) => run.Port + 400;

    private static Uri AddressOf(int port) => new($"http://127.0.0.1:{port}");

    private static HttpClient ClientOf(int port) => new() { BaseAddress = AddressOf(port), Timeout = TimeSpan.FromSeconds(30) };

    private static async Task UntilGoneAsync(IReadOnlyCollection<int> processes)
    {
        var clock = Stopwatch.StartNew();
        while (processes.Where(ProcFs.Exists).ToList() is { Count: > 0 } left)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), string.Join('\n', left.Select(process => $"{process} is left: {ProcFs.CommandLine(process)}")));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Changes need the store, requests do not.</summary>
    private static async Task UntilItCanBeChangedAsync(HttpClient http)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; ; i++)
        {
            var (status, body) = await http.SendJsonAsync(HttpMethod.Put, $"/_ml/trained_models/{Embedding}/model_aliases/alias-{i}-of-it");
            if (status == HttpStatusCode.OK)
                return;
            Assert.True(status == HttpStatusCode.ServiceUnavailable && clock.Elapsed < TimeSpan.FromSeconds(60), $"{(int)status} {body.ToJsonString()}");
        }
    }

    private static async Task UntilAnsweredAsync(HttpClient http, string id)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var (status, body) = await http.PostJsonAsync($"/_ml/trained_models/{id}/_infer", MlApi.InferBody("Paris"));
                if (status == HttpStatusCode.OK)
                    return;
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{http.BaseAddress} answers {(int)status} {body.ToJsonString()}");
            }
            catch (HttpRequestException)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"nobody listens on {http.BaseAddress}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
