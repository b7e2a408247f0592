using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>The first ten minutes of a person with a clone: one command, then lines to paste.</summary>
[Collection(nameof(InAFreshClone))]
public sealed class RunScriptTests(FreshClone clone)
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    [Fact]
    public void ShowsProgress_WhileItBuildsAndLoads()
    {
        Measured.Print($"./run in a fresh clone: first answer after {clone.FirstAnswer.TotalSeconds:F1} s");

        foreach (var shown in new[] { "Restoring packages", "Building", "tiny-ner: registering", "tiny-ner: starting", "tiny-ner: serving", "tiny-language: serving", "tiny-embedding: serving" })
            Assert.Contains(shown, clone.Run.Output, StringComparison.Ordinal);
        Assert.Contains($"ready on http://127.0.0.1:{clone.Run.Port}", clone.Run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCurlLineOfEntities_GivesTheGoldenEntities()
    {
        var (golden, result) = await PasteAsync("tiny-ner");

        Assert.Equal(golden["entities"]!.AsArray().Select(Entity), result["entities"]!.AsArray().Select(Entity));
        Assert.All(golden["entities"]!.AsArray().Zip(result["entities"]!.AsArray()), pair =>
            Assert.Equal(pair.First!["class_probability"]!.GetValue<double>(), pair.Second!["class_probability"]!.GetValue<double>(), 1e-4));
    }

    [Fact]
    public async Task TheCurlLineOfTheLanguage_GivesTheGoldenLabel()
    {
        var (golden, result) = await PasteAsync("tiny-language");

        var best = golden["top_classes"]![0]!;
        Assert.Equal(best["class_name"]!.GetValue<string>(), result["predicted_value"]!.GetValue<string>());
        Assert.Equal(best["class_probability"]!.GetValue<double>(), result["prediction_probability"]!.GetValue<double>(), 1e-4);
    }

    [Fact]
    public async Task TheCurlLineOfTheVector_GivesTheGoldenVector()
    {
        var (golden, result) = await PasteAsync("tiny-embedding");

        var (expected, actual) = (golden["predicted_value"].Deserialize<double[]>()!, result["predicted_value"].Deserialize<double[]>()!);
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), n => Assert.Equal(n.First, n.Second, 1e-4));
    }

    [Theory]
    [InlineData(SigTerm, false)]
    [InlineData(SigInt, false)]
    [InlineData(SigInt, true)]
    public async Task EverythingItStartedEnds_WhenItIsToldTo(int signal, bool toGroup)
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;
        await using var run = RunScript.Start(clone.Folder, data);
        var first = await run.FirstAnswerAsync("tiny-ner");
        await run.ReadyAsync();
        Measured.Print($"./run on a built tree: first answer after {first.TotalSeconds:F1} s");
        var started = ProcFs.DescendantsOf(run.ProcessId).Append(run.ProcessId).ToList();
        Assert.Equal(3, started.Count(id => ProcFs.CommandLine(id).Contains("Orleans.Ml.Worker", StringComparison.Ordinal)));

        var exitCode = await run.SignalAsync(signal, toGroup);

        Assert.Equal(0, exitCode);
        Assert.All(started, id => Assert.False(ProcFs.Exists(id), $"{id} is left: {ProcFs.CommandLine(id)}"));
        Assert.Empty(ProcFs.WithCommandLine(data));
        Assert.DoesNotContain("Building", run.Output, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task TheSecondStartUsesWhatIsThere_AndSaysSo()
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;
        await using (var first = RunScript.Start(clone.Folder, data))
        {
            await first.ReadyAsync();
            await first.SignalAsync(SigTerm, toGroup: false);
        }

        await using (var second = RunScript.Start(clone.Folder, data))
        {
            await second.ReadyAsync();
            Assert.DoesNotContain("registering", second.Output, StringComparison.Ordinal);
            Assert.Equal(3, second.CurlLines.Count);
            await second.Http.InferAsync("tiny-ner", "Paris");
            await second.SignalAsync(SigTerm, toGroup: false);
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task HelpListsTheOptions()
    {
        var (exitCode, output, _) = await RunScript.ToEndAsync(clone.Folder, "--help");

        Assert.Equal(0, exitCode);
        foreach (var option in new[] { "--port", "--data", "--processors", "--memory", "--name", "--no-samples", "--allow-insecure-bind" })
            Assert.Contains(option, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--oops", "--oops")]
    [InlineData("--port=none", "--port must be a whole number")]
    [InlineData("--memory=much", "--memory must be a byte size")]
    [InlineData("--processors=0", "--processors must be a whole number")]
    [InlineData("--name=a/b", "--name may hold")]
    [InlineData("--host=0.0.0.0", "--allow-insecure-bind")]
    [InlineData("--host=::", "--allow-insecure-bind")]
    public async Task RefusesAWrongOptionPlainly(string option, string named)
    {
        var data = Path.Combine(Path.GetTempPath(), $"orleans-ml-never-{Guid.NewGuid():N}");

        var (exitCode, output, errors) = await RunScript.ToEndAsync(clone.Folder, "--data", data, option);

        Assert.Equal(2, exitCode);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task SaysWhichPortIsInUse()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;

        var (exitCode, output, errors) = await RunScript.ToEndAsync(clone.Folder, "--port", $"{port}", "--silo-port", $"{MlServer.FreePort()}", "--gateway-port", $"{MlServer.FreePort()}", "--data", data);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Port {port} is in use", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task StartsNothingOfItsOwn_WhenSamplesAreNotWanted()
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-run-data-").FullName;
        await using var run = RunScript.Start(clone.Folder, data, "--no-samples", "--name", "my-node");

        await run.ReadyAsync();

        Assert.Empty(run.CurlLines);
        Assert.Equal(0, (await run.Http.MustAsync(HttpMethod.Get, "/_ml/trained_models"))["count"]!.GetValue<int>());
        Assert.Equal("my-node", (await run.Http.MustAsync(HttpMethod.Get, "/"))["name"]!.GetValue<string>());
        Assert.Empty(ProcFs.ChildrenOf(run.ProcessId));
        await run.SignalAsync(SigTerm, toGroup: false);
        Directory.Delete(data, recursive: true);
    }

    /// <summary>Pastes the line that was printed for a model into a shell.</summary>
    /// <returns>What is golden for the text in the line, and the answer.</returns>
    private async Task<(JsonNode Golden, JsonNode Result)> PasteAsync(string sample)
    {
        Assert.Equal(3, clone.Run.CurlLines.Count);
        var line = Assert.Single(clone.Run.CurlLines, l => l.Contains($"/{sample}/", StringComparison.Ordinal));
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        var answer = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, shell.ExitCode);

        var golden = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(TestModels.Sample(sample), "golden.json"), TestContext.Current.CancellationToken))!;
        var recorded = golden["cases"]!.AsArray().Single(c => line.Contains($"\"{c!["text"]!.GetValue<string>()}\"", StringComparison.Ordinal))!;
        return (recorded, Assert.Single(JsonNode.Parse(answer)!["inference_results"]!.AsArray())!);
    }

    private static (string, string, int, int) Entity(JsonNode? entity) =>
        (entity!["entity"]!.GetValue<string>(), entity["class_name"]!.GetValue<string>(), entity["start_pos"]!.GetValue<int>(), entity["end_pos"]!.GetValue<int>());
}
