using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The frontend that is no node: a process of its own, an Orleans client of the cluster.</summary>
[Collection(nameof(Alone))]
public sealed class WebTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Membership.AzureTables)]
    [InlineData(Membership.Redis)]
    public async Task AnswersAsANodeDoes_AndIsReadyOnlyWhileThereIsACluster(Membership membership)
    {
        await using var store = await IClusterStore.StartAsync(membership);
        await using var node = await MlServer.StartAsync([.. store.Options, "--name", "node-1", "--processors", "4"]);
        // Models are in the account, or, where there is none, in a folder that all share.
        await using var web = await WebProcess.StartAsync(store, membership == Membership.Redis ? node.Data : null);

        await web.Http.CreateFromFolderAsync("tiny-language", TestModels.Sample("tiny-language"));
        await web.Http.StartAsync("tiny-language", "wait_for=fully_allocated&timeout=60s");
        var answer = await web.Http.InferAsync("tiny-language", "Wo ist der Bahnhof?");
        Assert.Equal((await node.Http.InferAsync("tiny-language", "Wo ist der Bahnhof?")).ToJsonString(), answer.ToJsonString());

        await node.KillAsync();
        await web.Http.UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, (await web.Http.GetAsync("/livez", Cancel)).StatusCode);

        await node.RestartAsync();
        await web.Http.UntilReadyAsync();
    }

    [Theory]
    [InlineData("Say which cluster this is a frontend of: --redis, --azure-storage or --azure-storage-file.")]
    [InlineData("--azure-storage is no connection string", "--azure-storage", "AccountName=secret;AccountKey=secret")]
    [InlineData("give either --azure-storage or --redis", "--azure-storage", "UseDevelopmentStorage=true", "--redis", "127.0.0.1:1")]
    [InlineData("--host 0.0.0.0 can be reached from other machines", "--host", "0.0.0.0", "--redis", "127.0.0.1:1")]
    [InlineData("--port must be a whole number from 1 to 65535, was [0].", "--port", "0", "--redis", "127.0.0.1:1")]
    public async Task SaysWhatIsWrongAndRepeatsNoSecret_WhenItCannotTellItsCluster(string said, params string[] arguments)
    {
        using var web = Process.Start(new ProcessStartInfo(WebProcess.Executable, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            var error = await web.StandardError.ReadToEndAsync(Cancel).WaitAsync(Patience, Cancel);

            await web.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
            Assert.Contains(said, error, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
            Assert.NotEqual(0, web.ExitCode);
        }
        finally
        {
            web.Kill();
        }
    }

    [Fact]
    public async Task SaysWhyItWaits_WithoutTheKey()
    {
        const string account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:1/a";
        using var web = Process.Start(new ProcessStartInfo(WebProcess.Executable, ["--port", $"{MlServer.FreePort()}"])
        { RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(), Environment = { ["ORLEANS_ML_AZURE_STORAGE"] = account } })!;
        try
        {
            var line = await web.StandardError.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);

            Assert.EndsWith("Waiting for the cluster: Azure Storage: it cannot be reached", line, StringComparison.Ordinal);
        }
        finally
        {
            web.Kill();
            await web.WaitForExitAsync(Cancel);
            Assert.DoesNotContain("c2VjcmV0", await web.StandardError.ReadToEndAsync(Cancel), StringComparison.Ordinal);
        }
    }
}
