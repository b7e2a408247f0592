using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The frontend that is no node: a process of its own, an Orleans client of the cluster.</summary>
[Collection(nameof(Alone))]
public sealed class WebTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AnswersAsANodeDoes_AndIsReadyOnlyWhileThereIsACluster()
    {
        await using var redis = await RedisProcess.StartAsync();
        var data = Directory.CreateTempSubdirectory("orleans-ml-web-").FullName;
        var node = await MlServer.StartNodeAsync(data, "--redis", redis.Address, "--name", "node-1", "--processors", "4");
        var port = MlServer.FreePort();
        using var web = Process.Start(new ProcessStartInfo(
            MlServer.Executable.Replace("Orleans.Ml.Silo", "Orleans.Ml.Web", StringComparison.Ordinal),
            ["--redis", redis.Address, "--data", data, "--port", $"{port}"])
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
