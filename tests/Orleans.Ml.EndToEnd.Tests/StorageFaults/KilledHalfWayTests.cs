using System.Net;
using Microsoft.AspNetCore.Http;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>kill -9 in the middle of a change: while the account does what it was asked, or when it has done it and nobody has heard of it.</summary>
[Collection(nameof(Alone))]
public sealed class KilledHalfWayTests(ProxiedNode node) : IClassFixture<ProxiedNode>
{
    private const string Models = "/_ml/trained_models";
    private static readonly TimeSpan CollectionLimit = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Http => node.Http;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnUploadIsNotThereAndCanBeRepeated_WhenTheNodeWasKilledInIt(bool hasTheAccountDoneIt)
    {
        var id = $"upload-{hasTheAccountDoneIt}".ToLowerInvariant();
        var (config, archive, vocabulary) = await Change.ReadSampleAsync("tiny-ner");
        await Http.MustAsync(HttpMethod.Put, $"{Models}/{id}", config);
        await Http.MustAsync(HttpMethod.Put, $"{Models}/{id}/vocabulary", vocabulary);
        object part = new { definition = Convert.ToBase64String(archive), total_definition_length = archive.Length, total_parts = 1 };
        var commit = node.Proxy.Inject(AccountFault.Hold(
            request => request.Method == HttpMethods.Put && request.Path.Value!.Contains($"/models/{id}/", StringComparison.Ordinal) && request.Query["comp"] != "block", hasTheAccountDoneIt));

        await node.KillAtAsync(commit, http => http.SendJsonAsync(HttpMethod.Put, $"{Models}/{id}/definition/0", part));

        Assert.False(await Change.IsDefinedAsync(Http, id));
        await Http.MustAsync(HttpMethod.Put, $"{Models}/{id}/definition/0", part);
        Assert.True(await Change.IsDefinedAsync(Http, id));
        await Http.StartAsync(id);
        await Http.InferAsync(id, "Anna lives in Berlin");
        // What the killed node left goes with the model.
        await Http.MustAsync(HttpMethod.Delete, $"{Models}/{id}?force=true");
        Assert.Empty(await node.BlobsAsync(id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStartHasHappenedOrNot_WhenTheNodeWasKilledInIt(bool hasTheAccountDoneIt)
    {
        var id = $"start-{hasTheAccountDoneIt}".ToLowerInvariant();
        await Http.CreateFromFolderAsync(id, TestModels.Sample("tiny-ner"));
        var plan = node.Proxy.Inject(AccountFault.Hold(
            request => request.Method == HttpMethods.Put && request.Path.Value!.Contains("/grainstate/plan-", StringComparison.Ordinal), hasTheAccountDoneIt));

        await node.KillAtAsync(plan, http => http.PostJsonAsync($"{Models}/{id}/deployment/_start?wait_for=started"));

        if (!hasTheAccountDoneIt)
        {
            Assert.Null(await Http.DeploymentStatsAsync(id));
            await Http.StartAsync(id);
        }

        await Http.UntilStatsAsync(id, "started", stats => stats["state"]?.GetValue<string>() == "started");
        await Http.InferAsync(id, "Anna lives in Berlin");
        await Http.MustAsync(HttpMethod.Delete, $"{Models}/{id}?force=true");
    }

    [Fact]
    public async Task ADeletionIsEndedByWhoeverListsModels_WhenTheNodeWasKilledInIt()
    {
        await Http.CreateFromFolderAsync("doomed", TestModels.Sample("tiny-ner"));
        var files = node.Proxy.Inject(AccountFault.Hold(
            request => request.Method == HttpMethods.Delete && request.Path.Value!.Contains("/models/doomed/", StringComparison.Ordinal), isDoneFirst: false));

        await node.KillAtAsync(
            files,
            http => http.SendJsonAsync(HttpMethod.Delete, $"{Models}/doomed"),
            whileDead: async () => Assert.NotEmpty(await node.BlobsAsync("doomed")));

        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetJsonAsync($"{Models}/doomed")).Status);
        await Http.MustAsync(HttpMethod.Get, Models);
        var start = TimeProvider.System.GetTimestamp();
        while (await node.BlobsAsync("doomed") is { Count: > 0 } left)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < CollectionLimit, $"still there: {string.Join(", ", left)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }

        await Http.CreateFromFolderAsync("doomed", TestModels.Sample("tiny-ner"));
        await Http.MustAsync(HttpMethod.Delete, $"{Models}/doomed");
    }
}
