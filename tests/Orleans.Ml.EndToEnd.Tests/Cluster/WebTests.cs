using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The frontend that is no node: a process of its own, an Orleans client of the cluster.</summary>
[Collection(nameof(Alone))]
public sealed class WebTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Executable = MlServer.Executable.Replace("Orleans.Ml.Silo", "Orleans.Ml.Web", StringComparison.Ordinal);

    [Fact]
    public async Task AnswersAsANodeDoes_AndIsReadyOnlyWhileThereIsACluster()
    {
        await using var redis = await RedisProcess.StartAsync();
        var data = Directory.CreateTempSubdirectory("orleans-ml-web-").FullName;
        await AnswersAsANodeDoesAsync(data, webData: data, "--redis", redis.Address);
    }

    [Fact]
    public async Task AnswersAsANodeDoes_WhenNothingIsSharedButAnAzureStorageAccount()
    {
        await using var azurite = new Azurite();
        var data = Directory.CreateTempSubdirectory("orleans-ml-web-").FullName;
        var secret = Path.Combine(data, "account");
        await File.WriteAllTextAsync(secret, await azurite.ConnectionStringAsync(), TestContext.Current.CancellationToken);
        await AnswersAsANodeDoesAsync(data, webData: Path.Combine(data, "of-the-frontend"), "--azure-storage-file", secret);
    }

    [Theory]
    [InlineData("Say which cluster this is a frontend of: --redis, --azure-storage or --azure-storage-file.")]
    [InlineData("--azure-storage is no connection string", "--azure-storage", "AccountName=secret;AccountKey=secret")]
    [InlineData("give either --azure-storage or --redis", "--azure-storage", "UseDevelopmentStorage=true", "--redis", "127.0.0.1:1")]
    [InlineData("--host 0.0.0.0 can be reached from other machines", "--host", "0.0.0.0", "--redis", "127.0.0.1:1")]
    [InlineData("--port must be a whole number from 1 to 65535, was [0].", "--port", "0", "--redis", "127.0.0.1:1")]
    public async Task SaysWhatIsWrongAndRepeatsNoSecret_WhenItCannotTellItsCluster(string said, params string[] arguments)
    {
        using var web = Process.Start(new ProcessStartInfo(Executable, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;

        var error = await web.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        await web.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
        Assert.NotEqual(0, web.ExitCode);
    }

    [Fact]
    public async Task SaysWhyItWaits_WithoutTheKey()
    {
        const string account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:1/a";
        using var web = Process.Start(new ProcessStartInfo(Executable, ["--port", $"{MlServer.FreePort()}"])
        { RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(), Environment = { ["ORLEANS_ML_AZURE_STORAGE"] = account } })!;
        try
        {
            var line = await web.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

            Assert.EndsWith("Waiting for the cluster: Azure Storage: it cannot be reached", line, StringComparison.Ordinal);
        }
        finally
        {
            web.Kill();
            await web.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("c2VjcmV0", await web.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    private static async Task AnswersAsANodeDoesAsync(string data, string webData, params string[] cluster)
    {
        var node = await MlServer.StartNodeAsync(data, [.. cluster, "--name", "node-1", "--processors", "4"]);
        var port = MlServer.FreePort();
        using var web = Process.Start(new ProcessStartInfo(
            Executable,
            [.. cluster, "--data", webData, "--port", $"{port}"])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        web.BeginErrorReadLine();
        web.BeginOutputReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience };
            await UntilReadyIsAsync(http, HttpStatusCode.OK);

            await http.CreateFromFolderAsync("tiny-language", TestModels.Sample("tiny-language"));
            await http.StartAsync("tiny-language", "wait_for=fully_allocated&timeout=60s");
            var answer = await http.InferAsync("tiny-language", "Wo ist der Bahnhof?");
            Assert.Equal((await node.Http.InferAsync("tiny-language", "Wo ist der Bahnhof?")).ToJsonString(), answer.ToJsonString());

            await node.KillAsync();
            await UntilReadyIsAsync(http, HttpStatusCode.ServiceUnavailable);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/livez", TestContext.Current.CancellationToken)).StatusCode);

            await node.RestartAsync();
            await UntilReadyIsAsync(http, HttpStatusCode.OK);
        }
        finally
        {
            web.Kill();
            await web.WaitForExitAsync(TestContext.Current.CancellationToken);
            await node.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }

    // The process begins to listen when it has met the cluster.
    private static async Task UntilReadyIsAsync(HttpClient http, HttpStatusCode expected)
    {
        var clock = Stopwatch.StartNew();
        HttpStatusCode? last = null;
        while (last != expected)
        {
            Assert.True(clock.Elapsed < Patience, $"/readyz never answered {expected}, last {last}");
            try
            {
                last = (await http.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode;
            }
            catch (HttpRequestException)
            {
                last = null;
            }

            if (last != expected)
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
