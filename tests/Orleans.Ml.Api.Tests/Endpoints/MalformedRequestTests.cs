using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

/// <summary>Whatever a caller sends, it is the caller who is told about it.</summary>
public sealed class MalformedRequestTests : IAsyncLifetime
{
    private const string ModelUri = "/_ml/trained_models/new";
    private const string PartUri = "/_ml/trained_models/m/definition/0";
    private const string VocabularyUri = "/_ml/trained_models/bare/vocabulary";
    private const string StartUri = "/_ml/trained_models/m/deployment/_start";
    private const string StopUri = "/_ml/trained_models/m/deployment/_stop";
    private const string InferUri = "/_ml/trained_models/m/_infer";
    private const string Ner = "\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{}}";
    private const string Parse = "x_content_parse_exception";
    private const string Illegal = "illegal_argument_exception";
    private const string Validation = "action_request_validation_exception";
    private const string Status = "status_exception";
    private const string NoBody = "parse_exception";

    private ApiHost _api = null!;

    /// <summary>Method, path, body, expected type, and what the reason or its cause must name.</summary>
    public static TheoryData<string, string, string?, string, string> Requests => new()
    {
        // No JSON, or another JSON.
        { "POST", InferUri, null, Status, "required" },
        { "PUT", ModelUri, null, NoBody, "required" },
        { "PUT", PartUri, null, NoBody, "required" },
        { "PUT", VocabularyUri, null, NoBody, "required" },
        { "POST", InferUri, " ", Parse, "JSON" },
        { "POST", InferUri, "{", Parse, "JSON" },
        { "POST", InferUri, "[]", Parse, "object" },
        { "POST", InferUri, "null", Parse, "object" },
        { "POST", InferUri, "{\"docs\":[{}]} x", Parse, "JSON" },
        { "POST", InferUri, "{\"docs\":[{}],}", Parse, "JSON" },
        { "POST", InferUri, "{'docs':[]}", Parse, "JSON" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"\\ud800\"}]}", Parse, "surrogate" },
        { "POST", InferUri, "{\"docs\":[{\"\\udc00\":\"x\"}]}", Parse, "surrogate" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"\\x\"}]}", Parse, "JSON" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"a\",\"text_field\":\"b\"}]}", Parse, "text_field" },
        { "POST", InferUri, "{\"docs\":[],\"docs\":[]}", Parse, "docs" },
        { "POST", InferUri, new string('[', 5000), Parse, "JSON" },
        { "POST", InferUri, $"{{\"docs\":[{{\"a\":{string.Concat(Enumerable.Repeat("{\"a\":", 500))}1{new string('}', 500)}}}]}}", Parse, "depth" },
        { "POST", StartUri, "{\"timeout\":", Parse, "JSON" },
        { "POST", StopUri, "7", Parse, "object" },

        // Inference.
        { "POST", InferUri, "{}", Illegal, "docs" },
        { "POST", InferUri, "{\"docs\":null}", Illegal, "docs" },
        { "POST", InferUri, "{\"docs\":[]}", Validation, "docs" },
        { "POST", InferUri, "{\"docs\":{}}", Parse, "docs" },
        { "POST", InferUri, "{\"docs\":[\"x\"]}", Parse, "docs" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"},null]}", Parse, "docs" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"oops\":1}", Parse, "oops" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"timeout\":10}", Parse, "timeout" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"timeout\":\"10\"}", Parse, "timeout" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"timeout\":\"0s\"}", Validation, "timeout" },
        { "POST", InferUri + "?timeout=20", "{\"docs\":[{\"text_field\":\"x\"}]}", Illegal, "timeout" },
        { "POST", InferUri + "?timeout=-1", "{\"docs\":[{\"text_field\":\"x\"}]}", Validation, "timeout" },
        { "POST", InferUri, "{\"docs\":[{\"other\":\"x\"}]}", Status, "text_field" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":null}]}", Status, "text_field" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":5}]}", Status, "[5]" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":[\"x\"]}]}", Status, "text_field" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{}}", Parse, "inference_config" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{},\"pass_through\":{}}}", Parse, "pass_through" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"oops\":{}}}", Parse, "oops" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"regression\":{}}}", Status, "pass_through" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{\"classification_labels\":[\"O\"]}}}", Parse, "classification_labels" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{\"tokenization\":{\"truncate\":\"none\"}}}}", Parse, "truncate" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{\"tokenization\":{\"bert\":{\"do_lower_case\":true}}}}}", Parse, "do_lower_case" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{\"tokenization\":{\"bert_zh\":{}}}}}", Parse, "bert_zh" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"ner\":{\"tokenization\":{\"bert\":{\"span\":4}}}}}", Illegal, "span" },
        { "POST", InferUri, "{\"docs\":[{\"text_field\":\"x\"}],\"inference_config\":{\"pass_through\":{\"tokenization\":{\"bert\":{\"span\":4,\"truncate\":\"first\"}}}}}", Illegal, "span" },
        { "POST", "/_ml/trained_models/m/deployment/_infer", "{\"docs\":[{\"text_field\":\"x\"},{\"text_field\":\"y\"}]}", "validation_exception", "docs" },

        // Models.
        { "PUT", ModelUri, "{}", Validation, "2: [inference_config]" },
        { "PUT", ModelUri, "{" + Ner + ",\"oops\":1}", Parse, "oops" },
        { "PUT", ModelUri, "{" + Ner + ",\"description\":null}", Parse, "description" },
        { "PUT", ModelUri, "{" + Ner + ",\"tags\":\"a\"}", Parse, "tags" },
        { "PUT", ModelUri, "{" + Ner + ",\"tags\":[1]}", Parse, "tags" },
        { "PUT", ModelUri, "{" + Ner + ",\"tags\":[\"A\",\"new\"]}", Validation, "2: none of the [tags]" },
        { "PUT", ModelUri, "{" + Ner + ",\"model_id\":\"other\"}", Status, "other" },
        { "PUT", ModelUri, "{" + Ner + ",\"model_size_bytes\":-1}", Illegal, "model_size_bytes" },
        { "PUT", ModelUri, "{" + Ner + ",\"model_size_bytes\":1e400}", Parse, "model_size_bytes" },
        { "PUT", ModelUri, "{" + Ner + ",\"model_size_bytes\":1.5}", Parse, "model_size_bytes" },
        { "PUT", ModelUri, "{" + Ner + ",\"estimated_operations\":99999999999999999999}", Parse, "estimated_operations" },
        { "PUT", ModelUri, "{" + Ner + ",\"metadata\":[]}", Parse, "metadata" },
        { "PUT", ModelUri, "{" + Ner + ",\"metadata\":{\"model_aliases\":[]}}", Validation, "model_aliases" },
        { "PUT", ModelUri, "{" + Ner + ",\"metadata\":{\"per_deployment_memory_bytes\":\"x\"}}", Validation, "per_deployment_memory_bytes" },
        { "PUT", ModelUri, "{" + Ner + ",\"metadata\":{\"per_allocation_memory_bytes\":1e40}}", Validation, "per_allocation_memory_bytes" },
        { "PUT", ModelUri, "{" + Ner + ",\"input\":{\"field_names\":[]}}", Validation, "field_names" },
        { "PUT", ModelUri, "{" + Ner + ",\"input\":{}}", Validation, "field_names" },
        { "PUT", ModelUri, "{" + Ner + ",\"input\":{\"field_names\":[\"a..b\"]}}", Validation, "a..b" },
        { "PUT", ModelUri, "{" + Ner + ",\"input\":{\"names\":[]}}", Parse, "names" },
        { "PUT", ModelUri, "{" + Ner + ",\"location\":{},\"version\":\"1\",\"created_by\":\"me\"}", Validation, "3: illegal to set [created_by]" },
        { "PUT", ModelUri, "{" + Ner + ",\"compressed_definition\":\"x\"}", Validation, "compressed_definition" },
        { "PUT", ModelUri, "{" + Ner + ",\"prefix_strings\":{\"oops\":\"x\"}}", Parse, "oops" },
        { "PUT", ModelUri, "{\"model_type\":\"tree_ensemble\"}", Parse, "tree_ensemble" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"vocabulary\":{}}}}", Parse, "vocabulary" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"classification_labels\":[\"X\",\"O\"]}}}", Parse, "[X]" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"classification_labels\":[\"B-PER\"]}}}", Parse, "[O]" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"tokenization\":{\"bert\":{\"truncate\":\"none\",\"span\":4}}}}}", Parse, "span" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"text_classification\":{\"classification_labels\":[\"a\"]}}}", Parse, "at least 2" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"text_embedding\":{\"embedding_size\":0}}}", Parse, "embedding_size" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"bert\":{\"max_sequence_length\":0}}}}}", Parse, "max_sequence_length" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"bert\":{\"span\":5}}}}}", Parse, "span" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"bert\":{\"span\":600,\"truncate\":\"none\"}}}}}", Parse, "600" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"oops\":{}}}}}", Parse, "oops" },
        { "PUT", ModelUri, "{\"model_type\":\"pytorch\",\"inference_config\":{\"learning_to_rank\":{}}}", Status, "text_embedding" },
        { "PUT", "/_ml/trained_models/Upper_", "{" + Ner + "}", Validation, "Upper_" },
        { "PUT", "/_ml/trained_models/" + new string('a', 65), "{" + Ner + "}", Validation, "[64]" },
        { "PUT", "/_ml/trained_models/a%2Fb", "{" + Ner + "}", Validation, "[a/b]" },
        { "PUT", ModelUri + "?wait_for_completion=maybe", "{" + Ner + "}", Illegal, "wait_for_completion" },
        { "GET", "/_ml/trained_models?from=-1", null, Illegal, "from" },
        { "GET", "/_ml/trained_models?size=x", null, Illegal, "size" },
        { "GET", "/_ml/trained_models?size=99999999999999", null, Illegal, "size" },
        { "GET", "/_ml/trained_models?size=10001", null, Illegal, "size" },
        { "GET", "/_ml/trained_models?include=oops", null, Status, "definition_status" },
        { "GET", "/_ml/trained_models?allow_no_match=1", null, Illegal, "allow_no_match" },
        { "DELETE", ModelUri + "?timeout=1", null, Illegal, "timeout" },

        // Uploads.
        { "PUT", "/_ml/trained_models/m/definition/x", "{}", Illegal, "part" },
        { "PUT", "/_ml/trained_models/m/definition/99999999999", "{}", Illegal, "part" },
        { "PUT", PartUri, "{}", Illegal, "definition" },
        { "PUT", PartUri, "{\"definition\":null}", Illegal, "definition" },
        { "PUT", PartUri, "{\"definition\":5}", Parse, "definition" },
        { "PUT", PartUri, "{\"definition\":\"AAAA\"}", Validation, "2: [total_definition_length]" },
        { "PUT", PartUri, "{\"definition\":\"AAA\",\"total_definition_length\":3,\"total_parts\":1}", Parse, "base64" },
        { "PUT", PartUri, "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":10001}", Validation, "10000" },
        { "PUT", PartUri, "{\"definition\":\"AAAA\",\"total_definition_length\":{},\"total_parts\":1}", Parse, "total_definition_length" },
        { "PUT", "/_ml/trained_models/m/definition/1", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1}", Validation, "[part]" },
        { "PUT", "/_ml/trained_models/m/definition/-1", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":0}", Validation, "1: [part]" },
        { "PUT", VocabularyUri, "{}", Illegal, "vocabulary" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[]}", Validation, "vocabulary" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[1]}", Parse, "vocabulary" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[\"a\"],\"scores\":[1,2]}", Validation, "scores" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[\"a\"],\"scores\":[\"x\"]}", Parse, "scores" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[\"a\"],\"scores\":[1e999]}", Parse, "scores" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[\"a\"],\"merges\":{}}", Parse, "merges" },
        { "PUT", VocabularyUri, "{\"vocabulary\":[\"a\"],\"oops\":1}", Parse, "oops" },
        { "PUT", VocabularyUri + "?oops", "{\"vocabulary\":[\"a\"]}", Illegal, "oops" },

        // Deployments.
        { "POST", StartUri + "?threads_per_allocation=3&number_of_allocations=0&queue_capacity=1000001&timeout=0", null, Validation, "4: [timeout]" },
        { "POST", StartUri + "?threads_per_allocation=64", null, Validation, "32" },
        { "POST", StartUri + "?number_of_allocations=1.5", null, Illegal, "number_of_allocations" },
        { "POST", StartUri + "?cache_size=10", null, NoBody, "cache_size" },
        { "POST", StartUri + "?cache_size=10%25", null, NoBody, "cache_size" },
        { "POST", StartUri + "?cache_size=-1", null, Validation, "cache_size" },
        { "POST", StartUri + "?timeout=20", null, Illegal, "timeout" },
        { "POST", StartUri + "?wait_for=stopped", null, Illegal, "fully_allocated" },
        { "POST", StartUri + "?priority=high", null, Illegal, "priority" },
        { "POST", StartUri + "?priority=low&number_of_allocations=2", null, Validation, "number_of_allocations" },
        { "POST", StartUri + "?deployment_id=", null, Validation, "deployment_id" },
        { "POST", StartUri + "?deployment_id=a,b", null, Validation, "deployment_id" },
        { "POST", StartUri + "?adaptive_allocations=true", null, Illegal, "adaptive_allocations" },
        { "POST", StartUri, "{\"wait_for\":\"oops\"}", Parse, "oops" },
        { "POST", StartUri, "{\"timeout\":\"20\"}", Parse, "timeout" },
        { "POST", StartUri, "{\"cache_size\":\"1x\"}", Parse, "cache_size" },
        { "POST", StartUri, "{\"number_of_allocations\":\"x\"}", Parse, "number_of_allocations" },
        { "POST", StartUri, "{\"number_of_allocations\":3000000000}", Parse, "number_of_allocations" },
        { "POST", StartUri, "{\"oops\":1}", Parse, "oops" },
        { "POST", StartUri, "{\"model_id\":\"x\"}", Status, "[m]" },
        { "POST", StartUri, "{\"adaptive_allocations\":{\"enabled\":true},\"number_of_allocations\":2}", Validation, "number_of_allocations" },
        { "POST", StartUri, "{\"adaptive_allocations\":{\"min_number_of_allocations\":3,\"max_number_of_allocations\":2}}", Validation, "min_number_of_allocations" },
        { "POST", StartUri, "{\"adaptive_allocations\":{\"oops\":2}}", Parse, "oops" },
        { "POST", StopUri, "{\"id\":\"x\"}", Illegal, "[m]" },
        { "POST", StopUri, "{\"force\":\"maybe\"}", Parse, "force" },
        { "POST", StopUri, "{\"oops\":true}", Parse, "oops" },
        { "POST", StopUri + "?timeout=1s", null, Illegal, "timeout" },
        { "GET", "/_ml/trained_models/_stats?size=-1", null, Illegal, "size" },
    };

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        _api.Cluster.Model("m").Model = Given.Model("m");
        _api.Cluster.Model("bare").Model = Given.Model("bare") with { VocabularyFile = null };
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_ThatIsMalformed_Is400AndNamesWhatIsWrong(string method, string uri, string? body, string type, string named)
    {
        var answer = await _api.SendAsync(method, uri, body);

        Assert.Equal((HttpStatusCode.BadRequest, type), (answer.Status, answer.ErrorType));
        Assert.Contains(named, answer.Body.Replace("\\u", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(_api.Cluster.Store.Files);
        Assert.Null(_api.Cluster.Deployment("m").Asked);
    }

    [Theory]
    [InlineData("22 FF 22")]
    [InlineData("7B 22 64 6F 63 73 22 3A 5B 7B 22 74 65 78 74 5F 66 69 65 6C 64 22 3A 22 C3 28 22 7D 5D 7D")]
    [InlineData("7B 22 64 6F 63 73 22 3A 5B 7B 22 ED A0 80 22 3A 22 78 22 7D 5D 7D")]
    public async Task Body_ThatIsNoUtf8_Is400(string hex)
    {
        foreach (var uri in (string[])[InferUri, StartUri, PartUri, VocabularyUri])
        {
            using var request = new HttpRequestMessage(uri == InferUri || uri == StartUri ? HttpMethod.Post : HttpMethod.Put, uri);
            request.Content = new ByteArrayContent([.. hex.Split(' ').Select(h => byte.Parse(h, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

            var answer = await _api.SendAsync(request);

            Assert.Equal((HttpStatusCode.BadRequest, Parse), (answer.Status, answer.ErrorType));
        }
    }
}
