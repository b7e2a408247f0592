using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>A node whose disk is full: a small one is mounted where it keeps copies of models.</summary>
[Collection(nameof(Alone))]
public sealed class FullDiskTests(ProxiedNode node) : IClassFixture<ProxiedNode>
{
    private HttpClient Http => node.Http;

    [Fact]
    public async Task LoadsTheModelFromTheAccount_WhenTheCacheHasNoRoom()
    {
        var cache = Path.Combine(node.Server.Data, "nodes", "node-1", "cache");
        using var disk = SmallDisk.TryMount(cache, kilobytes: 256);
        Assert.SkipWhen(disk is null, "Only root may mount a small disk");
        Directory.CreateDirectory(Path.Combine(cache, "objects"));
        Directory.CreateDirectory(Path.Combine(cache, "names"));

        await Http.DeploySampleAsync("tiny-ner");

        await Http.InferAsync("tiny-ner", "Anna lives in Berlin");
        Assert.All(Directory.GetFiles(cache, "*", SearchOption.AllDirectories), file => Assert.DoesNotContain(".tmp", file, StringComparison.Ordinal));
        await Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/tiny-ner?force=true");
    }

    [Fact]
    public async Task RefusesTheStartWithItsReasonAndLivesOn_WhenTheModelHasNoRoom()
    {
        using var disk = SmallDisk.TryMount(Path.Combine(node.Server.Data, "nodes", "node-1", "models"), kilobytes: 256);
        Assert.SkipWhen(disk is null, "Only root may mount a small disk");
        await Http.CreateFromFolderAsync("tiny-ner", TestModels.Sample("tiny-ner"));

        var (status, body) = await Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_start?wait_for=started&timeout=30s");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Matches(@"could not be written to the node's disk: no space left: \[\d+\] bytes are needed, \[\d+\] are free", (string?)body["error"]!["reason"]);
        disk.Dispose();
        await Http.StartAsync("tiny-ner");
        await Http.InferAsync("tiny-ner", "Anna lives in Berlin");
        await Http.MustAsync(HttpMethod.Delete, "/_ml/trained_models/tiny-ner?force=true");
    }
}
