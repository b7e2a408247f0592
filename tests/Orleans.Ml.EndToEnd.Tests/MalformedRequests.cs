using System.Text;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>A request that must be refused.</summary>
/// <param name="Line">Method and path, the path exactly as it goes over the wire.</param>
/// <param name="Body">Null for none.</param>
/// <param name="Status">The status it gets.</param>
/// <param name="Named">What the answer must name.</param>
/// <param name="Headers">Instead of the content type application/json.</param>
internal sealed record MalformedRequest(string Line, byte[]? Body, int Status, string Named, params string[] Headers)
{
    public MalformedRequest(string line, string? body, int status, string named, params string[] headers)
        : this(line, body is null ? null : Encoding.UTF8.GetBytes(body), status, named, headers)
    {
    }
}

/// <summary>
/// Everything a caller can get wrong, for every endpoint. The server has: <c>m</c>, deployed; <c>bare</c>, without definition and vocabulary;
/// <c>half</c>, whose definition lacks a part.
/// </summary>
internal static class MalformedRequests
{
    private const string Models = "/_ml/trained_models";
    private const string Create = $"PUT {Models}/new";
    private const string Part = $"PUT {Models}/bare/definition/0";
    private const string Words = $"PUT {Models}/bare/vocabulary";
    private const string Start = $"POST {Models}/m/deployment/_start";
    private const string StartOther = Start + "?deployment_id=other";
    private const string Stop = $"POST {Models}/m/deployment/_stop";
    private const string Infer = $"POST {Models}/m/_infer";
    private const string Legacy = $"POST {Models}/m/deployment/_infer";
    private const string Ner = "\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{}}";
    private const string Doc = "{\"docs\":[{\"text_field\":\"w5\"}]";

    public static IReadOnlyList<MalformedRequest> All { get; } =
    [
        // No JSON, or too much of it.
        new(Infer, (string?)null, 400, "required"),
        new(Create, (string?)null, 400, "required"),
        new(Part, (string?)null, 400, "required"),
        new(Words, (string?)null, 400, "required"),
        new(Infer, "{", 400, "JSON"),
        new(Infer, "{\"docs\":[{\"text_field\":\"w5\"}]}}", 400, "JSON"),
        new(Infer, "[]", 400, "object"),
        new(Infer, "\u0000", 400, "JSON"),
        new(Infer, "NaN", 400, "JSON"),
        new(Create, "{" + Ner, 400, "JSON"),
        new(Create, "<model/>", 400, "JSON"),
        new(Words, "{\"vocabulary\":[\"a\",]}", 400, "JSON"),
        new(Part, "{\"definition\":\"AAAA\"", 400, "JSON"),
        new(Start, "{\"timeout\":", 400, "JSON"),
        new(Stop, "7", 400, "object"),
        new(Infer, [.. "{\"docs\":[{\"text_field\":\""u8, 0xC3, 0x28, .. "\"}]}"u8], 400, "UTF-8"),
        new(Infer, [0xFF, 0xFE, 0x7B, 0x00], 400, "UTF-8"),
        new(Create, [.. "{\"description\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], 400, "UTF-8"),
        new(Words, [.. "{\"vocabulary\":[\""u8, 0xF8, .. "\"]}"u8], 400, "UTF-8"),
        new(Part, [.. "{\"definition\":\""u8, 0xC0, 0x80, .. "\",\"total_definition_length\":3,\"total_parts\":1}"u8], 400, "definition"),
        new(Infer, "{\"docs\":[{\"text_field\":\"\\ud800\"}]}", 400, "surrogate"),
        new(Infer, new string('[', 100_000), 400, "JSON"),
        new(Create, $"{{{Ner},\"metadata\":{string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}", 400, "JSON"),
        new(Infer, "{\"docs\":[],\"docs\":[]}", 400, "docs"),
        new(Create, "{" + Ner + ",\"model_type\":\"pytorch\"}", 400, "model_type"),
        new(Infer, Doc + ",\"timeout\":1" + new string('0', 5000) + "}", 400, "timeout"),

        // Media types and compression.
        new(Infer, Doc + "}", 406, "text/plain", "Content-Type: text/plain"),
        new(Infer, Doc + "}", 406, "application/x-www-form-urlencoded", "Content-Type: application/x-www-form-urlencoded"),
        new(Infer, Doc + "}", 406, "nonsense", "Content-Type: nonsense"),
        new(Infer, Doc + "}", 406, "Content-Type", "No-Content-Type: "),
        new(Infer, Doc + "}", 406, "application/cbor", "Content-Type: application/json", "Accept: application/cbor"),
        new(Infer, Doc + "}", 400, "compatible-with", "Content-Type: application/vnd.elasticsearch+json;compatible-with=7"),
        new(Infer, Doc + "}", 400, "compatible", "Content-Type: application/vnd.elasticsearch+json;compatible-with=8", "Accept: application/vnd.elasticsearch+json;compatible-with=9"),
        new(Infer, Doc + "}", 400, "gzip", "Content-Type: application/json", "Content-Encoding: gzip"),
        new(Infer, Doc + "}", 400, "br", "Content-Type: application/json", "Content-Encoding: br"),

        // Paths, methods, parameters.
        new("GET /_ml/nothing", (string?)null, 400, "no handler found"),
        new("GET /_ml/trained_models/../../etc/passwd", (string?)null, 400, "no handler found"),
        new("GET /_ml/trained_models/%2e%2e/%2e%2e/etc/passwd", (string?)null, 400, "no handler found"),
        new("GET /_ml/trained_models/..%2f..%2fetc%2fpasswd", (string?)null, 404, "../../etc/passwd"),
        new("GET /_ml/trained_models/..%5c..%5cwindows", (string?)null, 404, "windows"),
        new("GET /_ml/trained_models/%252e%252e%252fm", (string?)null, 404, "%2e%2e"),
        new("GET /_ml/trained_models/%ff%fe", (string?)null, 404, "model_id"),
        new("GET /_ml/trained_models//_stats", (string?)null, 400, "no handler found"),
        new("GET /_ml/trained_models/" + new string('a', 4000), (string?)null, 404, "aaa"),
        new("PUT /_ml/trained_models/..%2f..%2fescaped", "{" + Ner + "}", 400, "[../../escaped]"),
        new("PUT /_ml/trained_models/.hidden", "{" + Ner + "}", 400, "[.hidden]"),
        new("PUT /_ml/trained_models/Upper", "{" + Ner + "}", 400, "[Upper]"),
        new("PUT /_ml/trained_models/a%2Fb", "{" + Ner + "}", 400, "[a/b]"),
        new("PUT /_ml/trained_models/a%20b", "{" + Ner + "}", 400, "[a b]"),
        new("PUT /_ml/trained_models/_all", "{" + Ner + "}", 400, "[_all]"),
        new("PUT /_ml/trained_models/" + new string('a', 65), "{" + Ner + "}", 400, "[64]"),
        new("PUT /_ml/trained_models/..%2f..%2fm/definition/0", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1}", 404, "../../m"),
        new("PUT /_ml/trained_models/..%2fm/vocabulary", "{\"vocabulary\":[\"a\"]}", 404, "../m"),
        new("DELETE /_ml/trained_models/..%2fm?force=true", (string?)null, 404, "../m"),
        new("DELETE /_ml/trained_models/*", (string?)null, 404, "*"),
        new("DELETE /_ml/trained_models", (string?)null, 405, "GET"),
        new("POST /_ml/trained_models/m", "{}", 405, "PUT"),
        new("GET /_ml/trained_models/m/_infer", (string?)null, 405, "POST"),
        new("GET /_ml/trained_models/m/deployment/_start", (string?)null, 405, "POST"),
        new("GET /_ml/trained_models", "{}", 400, "body"),
        new("DELETE /_ml/trained_models/bare", "{}", 400, "body"),
        new("GET /_ml/trained_models?oops=1&also=2", (string?)null, 400, "[also], [oops]"),
        new("GET /_ml/trained_models?from=-1", (string?)null, 400, "from"),
        new("GET /_ml/trained_models?size=99999999999999999999", (string?)null, 400, "size"),
        new("GET /_ml/trained_models?include=everything", (string?)null, 400, "everything"),
        new("GET /_ml/trained_models?allow_no_match=perhaps", (string?)null, 400, "allow_no_match"),
        new("GET /_ml/trained_models?pretty=no", (string?)null, 400, "pretty"),
        new("GET /_ml/trained_models/_stats?size=-5", (string?)null, 400, "size"),
        new("GET /_ml/trained_models/nobody/_stats", (string?)null, 404, "nobody"),
        new("DELETE /_ml/trained_models/m?force=1", (string?)null, 400, "force"),
        new("DELETE /_ml/trained_models/m", (string?)null, 409, "force"),

        // Models.
        new(Create, "{}", 400, "2: [inference_config]"),
        new(Create, "{" + Ner + ",\"oops\":1}", 400, "oops"),
        new(Create, "{" + Ner + ",\"tags\":{}}", 400, "tags"),
        new(Create, "{" + Ner + ",\"tags\":[\"m\"]}", 400, "m"),
        new(Create, "{" + Ner + ",\"model_id\":\"else\"}", 400, "else"),
        new(Create, "{" + Ner + ",\"model_size_bytes\":-1}", 400, "model_size_bytes"),
        new(Create, "{" + Ner + ",\"model_size_bytes\":1e999999999}", 400, "model_size_bytes"),
        new(Create, "{" + Ner + ",\"estimated_operations\":" + new string('9', 400) + "}", 400, "estimated_operations"),
        new(Create, "{" + Ner + ",\"location\":{}}", 400, "location"),
        new(Create, "{" + Ner + ",\"input\":{\"field_names\":[\"a..b\"]}}", 400, "a..b"),
        new(Create, "{\"model_type\":\"tree_ensemble\"}", 400, "tree_ensemble"),
        new(Create, "{\"model_type\":\"pytorch\",\"inference_config\":[]}", 400, "inference_config"),
        new(Create, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{},\"pass_through\":{}}}", 400, "pass_through"),
        new(Create, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"tokenization\":{\"bert\":{\"max_sequence_length\":-1}}}}}", 400, "max_sequence_length"),
        new(Create, "{\"model_type\":\"pytorch\",\"inference_config\":{\"ner\":{\"tokenization\":{\"bert\":{\"span\":1.5}}}}}", 400, "span"),
        new($"PUT {Models}/m", "{" + Ner + "}", 400, "already exists"),

        // Definitions and vocabularies.
        new($"PUT {Models}/nobody/definition/0", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1}", 404, "nobody"),
        new($"PUT {Models}/bare/definition/first", "{}", 400, "part"),
        new($"PUT {Models}/bare/definition/-1", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1}", 400, "part"),
        new($"PUT {Models}/bare/definition/2147483648", "{}", 400, "part"),
        new($"PUT {Models}/bare/definition/1", "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1}", 400, "[part]"),
        new($"PUT {Models}/half/definition/0", "{\"definition\":\"AAAA\",\"total_definition_length\":6,\"total_parts\":2}", 400, "already has part [0]"),
        new(Part, "{\"definition\":\"A*==\",\"total_definition_length\":3,\"total_parts\":1}", 400, "base64"),
        new(Part, "{\"definition\":\"AAAA=AAA\",\"total_definition_length\":3,\"total_parts\":1}", 400, "base64"),
        new(Part, "{\"definition\":\"AAAAA\",\"total_definition_length\":3,\"total_parts\":1}", 400, "base64"),
        new(Part, "{\"total_definition_length\":3,\"total_parts\":1}", 400, "definition"),
        new(Part, "{\"definition\":[],\"total_definition_length\":3,\"total_parts\":1}", 400, "definition"),
        new(Part, "{\"definition\":\"AAAA\",\"total_definition_length\":0,\"total_parts\":10001}", 400, "2: [total_definition_length]"),
        new(Part, "{\"definition\":\"AAAA\",\"total_definition_length\":\"many\",\"total_parts\":1}", 400, "total_definition_length"),
        new(Part, "{\"definition\":\"AAAA\",\"total_definition_length\":3,\"total_parts\":1,\"oops\":1}", 400, "oops"),
        new(Words, "{}", 400, "vocabulary"),
        new(Words, "{\"vocabulary\":[]}", 400, "vocabulary"),
        new(Words, "{\"vocabulary\":\"a\"}", 400, "vocabulary"),
        new(Words, "{\"vocabulary\":[\"a\",null]}", 400, "vocabulary"),
        new(Words, "{\"vocabulary\":[\"a\"],\"scores\":[1,2]}", 400, "scores"),
        new(Words, "{\"vocabulary\":[\"a\"],\"scores\":[1e999]}", 400, "scores"),
        new($"PUT {Models}/m/vocabulary", "{\"vocabulary\":[\"a\"]}", 400, "already exists"),
        new($"PUT {Models}/nobody/vocabulary", "{\"vocabulary\":[\"a\"]}", 404, "nobody"),

        // Deployments.
        new(StartOther + "&threads_per_allocation=3&number_of_allocations=0&queue_capacity=1000001&timeout=0", (string?)null, 400, "4: [timeout]"),
        new(StartOther + "&number_of_allocations=two", (string?)null, 400, "number_of_allocations"),
        new(StartOther + "&number_of_allocations=2147483647", (string?)null, 429, "other"),
        new(StartOther + "&queue_capacity=99999999999", (string?)null, 400, "queue_capacity"),
        new(StartOther + "&cache_size=10", (string?)null, 400, "cache_size"),
        new(StartOther + "&cache_size=10%25", (string?)null, 400, "cache_size"),
        new(StartOther + "&timeout=10fortnights", (string?)null, 400, "timeout"),
        new(StartOther + "&wait_for=godot", (string?)null, 400, "fully_allocated"),
        new(StartOther + "&priority=high", (string?)null, 400, "normal, low"),
        new(StartOther + "&priority=low&number_of_allocations=2&threads_per_allocation=2", (string?)null, 400, "2: [threads_per_allocation]"),
        new(StartOther + "&adaptive_allocations=1", (string?)null, 400, "adaptive_allocations"),
        new(Start + "?deployment_id=a,b", (string?)null, 400, "deployment_id"),
        new(Start + "?deployment_id=bare", (string?)null, 400, "bare"),
        new(Start + "?deployment_id=" + new string('d', 600), (string?)null, 400, "512"),
        new(StartOther, "{\"oops\":1}", 400, "oops"),
        new(StartOther, "{\"model_id\":\"else\"}", 400, "else"),
        new(StartOther, "{\"number_of_allocations\":1.5}", 400, "number_of_allocations"),
        new(StartOther, "{\"queue_capacity\":{}}", 400, "queue_capacity"),
        new(Start, (string?)null, 400, "existing"),
        new($"POST {Models}/bare/deployment/_start", (string?)null, 404, "bare"),
        new($"POST {Models}/half/deployment/_start", (string?)null, 400, "truncated"),
        new($"POST {Models}/nobody/deployment/_start", (string?)null, 404, "nobody"),
        new($"POST {Models}/..%2fm/deployment/_start", (string?)null, 404, "../m"),
        new($"POST {Models}/m,bare/deployment/_start", (string?)null, 404, "m,bare"),
        new(Stop, "{\"oops\":true}", 400, "oops"),
        new(Stop, "{\"force\":\"perhaps\"}", 400, "force"),
        new(Stop + "?finish_pending_work=2", (string?)null, 400, "finish_pending_work"),
        new(Stop + "?timeout=1s", (string?)null, 400, "timeout"),
        new($"POST {Models}/nobody/deployment/_stop?allow_no_match=false", (string?)null, 404, "nobody"),

        // Inference.
        new(Infer, "{}", 400, "docs"),
        new(Infer, "{\"docs\":[]}", 400, "docs"),
        new(Infer, "{\"docs\":{}}", 400, "docs"),
        new(Infer, "{\"docs\":[\"w5\"]}", 400, "docs"),
        new(Infer, "{\"docs\":[{\"text_field\":\"w5\"},{\"other\":\"w5\"}]}", 400, "[text_field] of document [1]"),
        new(Infer, "{\"docs\":[{\"text_field\":7}]}", 400, "[7]"),
        new(Infer, "{\"docs\":[{\"text_field\":null}]}", 400, "text_field"),
        new(Infer, Doc + ",\"timeout\":\"soon\"}", 400, "timeout"),
        new(Infer, Doc + ",\"timeout\":\"-5s\"}", 400, "timeout"),
        new(Infer + "?timeout=0s", Doc + "}", 400, "timeout"),
        new(Infer + "?oops", Doc + "}", 400, "oops"),
        new(Infer, Doc + ",\"inference_config\":{}}", 400, "inference_config"),
        new(Infer, Doc + ",\"inference_config\":{\"oops\":{}}}", 400, "oops"),
        new(Infer, Doc + ",\"inference_config\":{\"ner\":{}}}", 403, "[pass_through]"),
        new(Infer, Doc + ",\"inference_config\":{\"pass_through\":{\"num_top_classes\":1}}}", 400, "num_top_classes"),
        new(Infer, Doc + ",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"bert\":{\"span\":-2}}}}}", 400, "span"),
        new(Infer, Doc + ",\"inference_config\":{\"pass_through\":{\"tokenization\":{\"roberta\":{}}}}}", 400, "roberta"),
        new($"POST {Models}/bare/_infer", Doc + "}", 409, "bare"),
        new($"POST {Models}/nobody/_infer", Doc + "}", 404, "nobody"),
        new($"POST {Models}/..%2fm/_infer", Doc + "}", 404, "../m"),
        new(Legacy, "{\"docs\":[{\"text_field\":\"w5\"},{\"text_field\":\"w6\"}]}", 400, "docs"),
        new(Legacy, "{\"docs\":[{}]}", 400, "text_field"),
    ];
}
