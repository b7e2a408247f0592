using System.Diagnostics;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

public sealed class OfficialClientTests(ServerFixture fixture)
{
    private const string Client9 = "@elastic/elasticsearch";
    private const string Client8 = "elasticsearch8";

    public static TheoryData<string, string, string, string> Jobs
    {
        get
        {
            var jobs = new TheoryData<string, string, string, string>();
            foreach (var client in new[] { Client9, Client8 })
            {
                jobs.Add(client, "tiny-ner", "", "Angela Merkel lives in Berlin.");
                jobs.Add(client, "tiny-language", "", "Wo ist der Bahnhof?");
                jobs.Add(client, "tiny-embedding", "", "A dog is running in the park.");
                jobs.Add(client, "tiny-embedding", "pass_through", "A dog is running in the park.");
                jobs.Add(client, "tiny-embedding", "text_expansion", "A dog is running in the park.");
            }

            return jobs;
        }
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task OfficialClientDoesTheMainJob(string library, string sample, string task, string text)
    {
        var client = Path.Combine(TestModels.Repository, "tests", "Orleans.Ml.EndToEnd.Tests", "client");
        Assert.True(Directory.Exists(Path.Combine(client, "node_modules")), "`./test` installs the official client with npm ci");
        var modelId = $"js{(library == Client8 ? 8 : 9)}-{sample}-{task}x";

        var answer = await RunAsync(client, "main-job.mjs", library, fixture.Http.BaseAddress!.ToString(), TestModels.Sample(sample), modelId, task, text);

        Assert.Equal("You Know, for Search", answer["product"]!.GetValue<string>());
        Assert.True(answer["ping"]!.GetValue<bool>());
        Assert.Contains($"compatible-with={(library == Client8 ? 8 : 9)}", answer["contentTypes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(modelId, answer["created"]!.GetValue<string>());
        Assert.True(answer["fullyDefined"]!.GetValue<bool>());
        Assert.Equal("started", answer["state"]!.GetValue<string>());
        var expected = Expected(task, await fixture.Http.InferAsync(sample, text));
        // Whatever the order of members: JavaScript puts those that look like numbers first.
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), answer["results"]), $"expected {expected} but got {answer["results"]}");
        Assert.Equal(1, answer["inferenceCount"]!.GetValue<int>());
        Assert.Equal(2, answer["allocations"]!.GetValue<int>());
        Assert.True(answer["stopped"]!.GetValue<bool>());
        Assert.True(answer["deleted"]!.GetValue<bool>());
        Assert.Equal("""[404,"resource_not_found_exception"]""", answer["afterwards"]!.ToJsonString());
    }

    // The embedding's own numbers, as the other tasks show them.
    private static string Expected(string task, JsonNode results)
    {
        var vector = results[0]!["predicted_value"];
        return task switch
        {
            "pass_through" => $$"""[{"predicted_value":[{{vector!.ToJsonString()}}]}]""",
            "text_expansion" => $$"""[{"predicted_value":{{Weights(vector!.AsArray()).ToJsonString()}}}]""",
            _ => results.ToJsonString(),
        };
    }

    private static JsonObject Weights(JsonArray vector)
    {
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(TestModels.Sample("tiny-embedding"), "vocabulary.json")))!["vocabulary"]!.AsArray();
        var weights = vector.Select((v, i) => (Token: vocabulary[i]!.GetValue<string>().Replace(".", "__", StringComparison.Ordinal), Weight: (float)v!.GetValue<double>()))
            .Where(w => w.Weight > 0).OrderByDescending(w => w.Weight);
        var shown = new JsonObject();
        foreach (var (token, weight) in weights)
            shown[token] = weight;
        return shown;
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
