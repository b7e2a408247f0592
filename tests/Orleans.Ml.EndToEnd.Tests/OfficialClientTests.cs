using System.Diagnostics;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

public sealed class OfficialClientTests(ServerFixture fixture)
{
    [Theory]
    [InlineData("tiny-ner", "Angela Merkel lives in Berlin.")]
    [InlineData("tiny-language", "Wo ist der Bahnhof?")]
    [InlineData("tiny-embedding", "A dog is running in the park.")]
    public async Task OfficialClientDoesTheMainJob(string sample, string text)
    {
        var client = Path.Combine(TestModels.Repository, "tests", "Orleans.Ml.EndToEnd.Tests", "client");
        Assert.True(Directory.Exists(Path.Combine(client, "node_modules")), "`./test` installs the official client with npm ci");

        var answer = await RunAsync(client, "main-job.mjs", fixture.Http.BaseAddress!.ToString(), TestModels.Sample(sample), $"js-{sample}", text);

        Assert.Equal("You Know, for Search", answer["product"]!.GetValue<string>());
        Assert.Equal($"js-{sample}", answer["created"]!.GetValue<string>());
        Assert.True(answer["fullyDefined"]!.GetValue<bool>());
        Assert.Equal("started", answer["state"]!.GetValue<string>());
        Assert.Equal((await fixture.Http.InferAsync(sample, text)).ToJsonString(), answer["results"]!.ToJsonString());
        Assert.Equal(1, answer["inferenceCount"]!.GetValue<int>());
        Assert.True(answer["stopped"]!.GetValue<bool>());
        Assert.True(answer["deleted"]!.GetValue<bool>());
        Assert.Equal("""[404,"resource_not_found_exception"]""", answer["afterwards"]!.ToJsonString());
    }

    private static async Task<JsonNode> RunAsync(string folder, string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var argument in (string[])[script, .. arguments])
            start.ArgumentList.Add(argument);
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, errors);
        return JsonNode.Parse(await output)!;
    }
}
