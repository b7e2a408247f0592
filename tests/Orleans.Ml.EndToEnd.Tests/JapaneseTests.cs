using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Models with the tokenizer <c>bert_ja</c>, through the whole API.</summary>
public sealed class JapaneseTests(ServerFixture fixture)
{
    private const string FillMask = """
        {"model_type":"pytorch","input":{"field_names":["text_field"]},
         "inference_config":{"fill_mask":{"num_top_classes":1,"tokenization":{"bert_ja":{"max_sequence_length":8,"truncate":"none"}}}}}
        """;

    private const string Vocabulary = """
        {"vocabulary":["[PAD]","[UNK]","[CLS]","[SEP]","[MASK]","東京","日本","は","の","首都","です","。"]}
        """;

    // Is sure that each token is followed by the next one of the vocabulary; after [MASK] comes 東京.
    private static readonly byte[] Next = ScriptArchive.Build("    return torch.to(torch.one_hot(torch.add(ids, 1), 13), 6)\n");

    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task FillsTheMaskOfAJapaneseText()
    {
        await Http.CreateModelAsync("japanese", FillMask, Next, Vocabulary);
        await Http.StartAsync("japanese");

        var result = Assert.Single((await Http.InferAsync("japanese", "日本の首都は[MASK]です"))!.AsArray())!;

        Assert.Equal("東京", result["predicted_value"]!.GetValue<string>());
        Assert.Equal("日本の首都は東京です", result["predicted_value_sequence"]!.GetValue<string>());
        await Http.StopAsync("japanese");
    }

    [Fact]
    public async Task CutsALongText_WhenTheRequestSaysSo()
    {
        const string Long = "[MASK]は日本の首都です。";
        await Http.CreateModelAsync("japanese-long", FillMask, Next, Vocabulary);
        await Http.StartAsync("japanese-long");

        var (refused, error) = await Http.PostJsonAsync("/_ml/trained_models/japanese-long/_infer", MlApi.InferBody(Long));
        var cut = await Http.MustAsync(HttpMethod.Post, "/_ml/trained_models/japanese-long/_infer",
            new { docs = new[] { new { text_field = Long } }, inference_config = new { fill_mask = new { tokenization = new { bert_ja = new { truncate = "first" } } } } });

        Assert.Equal(HttpStatusCode.BadRequest, refused);
        Assert.Contains("[max_sequence_length] is [8]", error["error"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(cut["inference_results"]![0]!["is_truncated"]!.GetValue<bool>());
        Assert.Equal("東京", cut["inference_results"]![0]!["predicted_value"]!.GetValue<string>());
        await Http.StopAsync("japanese-long");
    }

    [Fact]
    public async Task TheConfigurationComesBack()
    {
        await Http.MustAsync(HttpMethod.Put, "/_ml/trained_models/japanese-config", FillMask);

        var answer = await Http.MustAsync(HttpMethod.Get, "/_ml/trained_models/japanese-config");

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"bert_ja":{"do_lower_case":false,"with_special_tokens":true,"max_sequence_length":8,"truncate":"none","span":-1}}"""),
            answer["trained_model_configs"]![0]!["inference_config"]!["fill_mask"]!["tokenization"]));
        Assert.Equal("[MASK]", answer["trained_model_configs"]![0]!["inference_config"]!["fill_mask"]!["mask_token"]!.GetValue<string>());
    }
}

/// <summary>A node that cannot find Japanese words.</summary>
public sealed class MissingDictionaryTests
{
    [Fact]
    public async Task TheStartIsRefusedWithWhatToInstall_AndTheNodeServesOn()
    {
        var folder = Directory.CreateTempSubdirectory("orleans-ml-dictionary-").FullName;
        await using var server = await MlServer.StartAsync("--japanese-dictionary", folder);
        await server.Http.CreateModelAsync("japanese", """{"model_type":"pytorch","inference_config":{"pass_through":{"tokenization":{"bert_ja":{}}}}}""", ScriptArchive.Echo, ScriptArchive.VocabularyJson);

        var (status, body) = await server.Http.PostJsonAsync("/_ml/trained_models/japanese/deployment/_start?timeout=60s");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("status_exception", body["error"]!["type"]!.GetValue<string>());
        var reason = body["error"]!["reason"]!.GetValue<string>();
        Assert.All(["node-1", "bert_ja", "libmecab2", "mecab-ipadic-utf8"], mention => Assert.Contains(mention, reason, StringComparison.Ordinal));
        Assert.DoesNotContain(folder, reason, StringComparison.Ordinal);
        await server.Http.DeployScriptAsync("other", ScriptArchive.Echo);
        await server.Http.InferAsync("other", "w7");
        Directory.Delete(folder, recursive: true);
    }
}
