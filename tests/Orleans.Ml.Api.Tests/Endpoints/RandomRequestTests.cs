using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Api.OpenApi;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.Endpoints;

/// <summary>
/// Malformed requests at every method of every route, over a socket: never a 5xx, always an envelope, and nothing of them stays in memory. What a request
/// looks like comes from the OpenAPI document, so a new route or parameter is covered without being named here.
/// </summary>
[Collection(Alone)]
public sealed class RandomRequestTests : IAsyncLifetime
{
    // Memory is the process's: what runs beside would count.
    private const string Alone = "alone in the process";

    // Times every method of every route: at least 2 000 requests in each run.
    private const int RequestsPerMethod = 150;
    private const long LargestGrowthBytes = 16 * 1024 * 1024;

    private static readonly string[] Texts =
    [
        "", " ", "*", "_all", "-1", "0", "1.5", "1e400", "99999999999999999999", "NaN", "true", "null", "a,b", "a..b", "../../etc/passwd", "\u0000", "\uD83D\uDE00", "ſK",
        "10%", "10", "1x", "9223372036854775807d", "{}", "[MASK]", "<mask>", new('x', 3000), "%2f", "%252f", "é́", "m", "d",
    ];

    private static readonly string[] PathParts =
    [
        "m", "..", "%2e%2e", "%2f", "%252f", "a%2Fb", "%00", "%0d%0aX:y", "%ff%fe", "%ed%a0%80", "%zz", "%", "*", "_all", ",", "a,b*", "_stats", ";x=1", "a%20b", "%F0%9F%98%80",
        "-1", "99999999999", new('a', 2000), "{id}", "\\",
    ];

    private static readonly string[] MediaTypes =
    [
        "application/json", "application/json; charset=utf-8", "application/json; charset=utf-99", "text/plain", "application/x-ndjson", "application/cbor", "nonsense", "a/b/c", ";", "*/*",
        "application/vnd.elasticsearch+json; compatible-with=9", "application/vnd.elasticsearch+json; compatible-with=8", "application/vnd.elasticsearch+json; compatible-with=7",
        "application/vnd.elasticsearch+json; compatible-with=9,text/plain", "multipart/form-data; boundary=x", "application/json, application/json",
    ];

    private ApiHost _api = null!;
    private JsonElement _schemas;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(onKestrel: true);
        foreach (var id in new[] { "m", "d" })
        {
            _api.Cluster.Model(id).Model = Given.Model(id);
            await _api.Cluster.Store.RegisterAsync(id, "i1", default);
            _api.Cluster.Deployment(id).Assignment = Given.Assignment(new(id, id));
        }

        _schemas = JsonElement.Parse(OpenApiDocument.ReadDescriptions().ToJsonString());
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task EveryRoute_RefusesOrServesWhateverComes()
    {
        var methods = _api.Services.GetRequiredService<RouteList>().Routes.SelectMany(r => r.Methods.Select(m => (r.Pattern, Method: m))).ToList();
        var (sent, refused) = (0, 0);
        foreach (var (pattern, method) in methods)
        {
            await Requests(pattern, method).SampleAsync(
                async request =>
                {
                    refused += await SendAsync(request) ? 1 : 0;
                    sent++;
                },
                iter: RequestsPerMethod, threads: 1);
        }

        Assert.InRange(sent, 2_000, int.MaxValue);
        Assert.InRange(refused, sent / 2, sent);
        TestContext.Current.TestOutputHelper!.WriteLine($"{sent} requests at {methods.Count} methods, {refused} refused");
    }

    [Fact]
    public async Task Memory_IsFlat_WhateverComes()
    {
        var methods = _api.Services.GetRequiredService<RouteList>().Routes.SelectMany(r => r.Methods.Select(m => (r.Pattern, Method: m))).ToList();
        async Task RoundAsync()
        {
            foreach (var (pattern, method) in methods)
                await Requests(pattern, method).SampleAsync(async request => { await SendAsync(request); }, iter: 20, threads: 1);
        }

        await RoundAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var round = 0; round < 3; round++)
            await RoundAsync();
        var after = GC.GetTotalMemory(forceFullCollection: true);

        Assert.InRange(after - before, long.MinValue, LargestGrowthBytes);
    }

    [Theory]
    [InlineData("POST", "/_ml/trained_models/m/_infer")]
    [InlineData("PUT", "/_ml/trained_models/new")]
    [InlineData("PUT", "/_ml/trained_models/m/vocabulary")]
    [InlineData("PUT", "/_ml/trained_models/m/definition/0")]
    [InlineData("POST", "/_ml/trained_models/m/deployment/_start")]
    [InlineData("POST", "/_ml/trained_models/m/deployment/_stop")]
    public async Task Body_AboveTheLimit_Is413_AndIsNotKept(string method, string uri)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var isCompressed in new[] { false, true })
        {
            using var request = new HttpRequestMessage(new(method), uri) { Content = new EndlessJson(RequestBody.MaxBytes + 1024 * 1024, isCompressed) };

            var answer = await _api.SendAsync(request);

            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
            Assert.Equal("status_exception", answer.ErrorType);
        }

        // The store of these tests is memory: what it has not let go of yet counts.
        var limit = uri.Contains("/definition/", StringComparison.Ordinal) ? 3 * RequestBody.MaxBytes : LargestGrowthBytes;
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, limit);
    }

    /// <returns>Whether it was refused.</returns>
    private async Task<bool> SendAsync(RandomRequest random)
    {
        using var request = new HttpRequestMessage(new(random.Method), new Uri(_api.Client.BaseAddress! + random.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (random.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.ContentType);
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", random.Encoding);
        }

        if (random.Accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", random.Accept);
        var answer = await _api.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True((int)answer.Status is (>= 200 and < 300) or (>= 400 and < 500), $"{answer.Status} for {random}: {answer.Body}");
        Assert.Equal("Elasticsearch", answer.Headers.GetValueOrDefault("X-Elastic-Product"));
        if ((int)answer.Status < 300)
            return false;
        if (random.Target.Contains("filter_path", StringComparison.Ordinal))
            return true;
        Assert.True(answer.Json.TryGetProperty("error", out var error), $"{answer.Status} without an envelope for {random}: {answer.Body}");
        Assert.True(error.ValueKind == JsonValueKind.String || error.GetProperty("reason").GetString() is { Length: > 0 and < 2000 }, $"{answer.Body} for {random}");
        return true;
    }

    private Gen<RandomRequest> Requests(string pattern, ElasticMethod method)
    {
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p[0] == '{' ? Gen.Frequency((4, Gen.Const("m")), (3, Gen.OneOf(PathParts))) : Gen.Const(p)).ToArray();
        var path = parts.Length == 0 ? Gen.Const("") : Collect(parts).Select(p => string.Join('/', p));
        var parameter = Gen.Select(
            Gen.Frequency((5, Gen.OneOf([.. method.Parameters.Concat(QueryParameters.CommonNames)])), (1, Gen.OneOf(Texts))),
            Gen.OneOf(Texts), (name, value) => $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}");
        var query = Gen.Frequency((3, Gen.Const("")), (3, parameter.Array[1, 3].Select(p => "?" + string.Join('&', p))), (1, Gen.OneOf("?", "?=", "?&&", "?%zz=%", "?a=%ff")));
        var schema = _schemas.GetProperty("operations").TryGetProperty($"{method.Name} {pattern}", out var operation) && operation.TryGetProperty("body", out var body)
            ? _schemas.GetProperty("schemas").GetProperty(body.GetString()!) : default;
        var bodies = method.ReadsBody
            ? Gen.Frequency((1, Gen.Const((byte[]?)null)), (8, Bodies(schema)))
            : Gen.Frequency((6, Gen.Const((byte[]?)null)), (1, Bodies(default)));
        return Gen.Select(
            path, query, bodies,
            Gen.Frequency((6, Gen.Const("application/json")), (2, Gen.OneOf(MediaTypes))),
            Gen.Frequency((6, Gen.Const((string?)null)), (1, Gen.OneOf(MediaTypes).Select(t => (string?)t))),
            Gen.Frequency((8, Gen.Const("identity")), (1, Gen.OneOf("gzip", "br", "gzip, gzip", "nonsense"))),
            (p, q, b, contentType, accept, encoding) => new RandomRequest(method.Name, p + q, b, contentType, accept, encoding));
    }

    private Gen<byte[]?> Bodies(JsonElement schema)
    {
        var json = Value(schema, 0);
        var text = json.Select(j => (byte[]?)Encoding.UTF8.GetBytes(j));
        return Gen.Frequency(
            (6, text),
            (1, Gen.Select(text, Gen.Int[0, 40], (b, cut) => (byte[]?)b![..Math.Max(0, b.Length - cut)])),
            (1, Gen.Select(text, Gen.Byte, Gen.Int[0, 1000], (b, value, at) => Spoil(b!, value, at))),
            (1, Gen.OneOf<byte[]?>(
            [
                [], [0], [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0xFF, 0xFE, 0x7B, 0x00], "{\"docs\":[{\"x\":\"\xC3\x28\"}]}"u8.ToArray(), "{}{}"u8.ToArray(), "{\"a\":1,\"a\":2}"u8.ToArray(),
                "{\"docs\":[{\"text_field\":\"\\ud800\"}]}"u8.ToArray(), Encoding.ASCII.GetBytes(new string('[', 100_000)),
                Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 5_000))), Encoding.ASCII.GetBytes("{\"docs\":" + new string('9', 50_000) + "}"),
            ])),
            (1, Gen.Int.Array[1, 64].Select(words =>
            {
                var bytes = new byte[words.Length * 4];
                for (var i = 0; i < words.Length; i++)
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
                return (byte[]?)bytes;
            })));
    }

    private static byte[] Spoil(byte[] bytes, byte value, int at)
    {
        var spoiled = bytes.ToArray();
        if (spoiled.Length > 0)
            spoiled[at % spoiled.Length] = value;
        return spoiled;
    }

    // Mostly what the schema says, often with something wrong in it.
    private Gen<string> Value(JsonElement schema, int depth)
    {
        schema = Resolve(schema);
        var wrong = Gen.OneOf(
            Gen.OneOf("null", "true", "-1", "0", "1.5", "1e400", "-1e-400", "99999999999999999999999", "[]", "{}", "[[[]]]", "{\"\":{\"\":1}}", "[null]"),
            Gen.OneOf(Texts).Select(t => JsonSerializer.Serialize(t)));
        if (depth > 6 || schema.ValueKind != JsonValueKind.Object)
            return wrong;
        var type = schema.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString() : null;
        var right = type switch
        {
            "object" when schema.TryGetProperty("properties", out var properties) => Members(properties, depth),
            "array" => Value(schema.GetProperty("items"), depth + 1).Array[0, 3].Select(items => $"[{string.Join(',', items)}]"),
            "string" when schema.TryGetProperty("enum", out var names) => Gen.OneOf([.. names.EnumerateArray().Select(n => n.GetRawText())]),
            "string" => Gen.OneOf("\"text\"", "\"QUJD\"", "\"10s\"", "\"[MASK]\""),
            "integer" or "number" => Gen.Int[-2, 600].Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            "boolean" => Gen.OneOf("true", "false"),
            _ => wrong,
        };
        return Gen.Frequency((5, right), (1, wrong));
    }

    private Gen<string> Members(JsonElement properties, int depth)
    {
        var members = properties.EnumerateObject().ToArray();
        if (members.Length == 0)
            return Gen.OneOf("{}", "{\"text_field\":\"x\"}", "{\"text_field\":5}");
        var member = Gen.Int[0, members.Length - 1].SelectMany(i => Value(members[i].Value, depth + 1).Select(v => $"{JsonSerializer.Serialize(members[i].Name)}:{v}"));
        var unknown = Gen.OneOf(Texts).Select(n => $"{JsonSerializer.Serialize(n)}:1");
        return Gen.Frequency((12, member), (1, unknown)).Array[0, Math.Min(members.Length, 5)].Select(all => "{" + string.Join(',', all.DistinctBy(m => m.Split(':')[0])) + "}");
    }

    private JsonElement Resolve(JsonElement schema) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference)
        ? _schemas.GetProperty("schemas").GetProperty(reference.GetString()!["#/components/schemas/".Length..]) : schema;

    private static Gen<string[]> Collect(Gen<string>[] gens) =>
        gens.Aggregate(Gen.Const(Array.Empty<string>()), (all, next) => Gen.Select(all, next, (a, n) => (string[])[.. a, n]));

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class AloneDefinition;

    private sealed record RandomRequest(string Method, string Target, byte[]? Body, string ContentType, string? Accept, string Encoding)
    {
        public override string ToString() =>
            $"{Method} /{Target} [{ContentType}] [{Accept}] [{Encoding}] {(Body is null ? "no body" : System.Text.Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 400))))}";
    }

    /// <summary>A body that never holds more than a block of itself.</summary>
    private sealed class EndlessJson : HttpContent
    {
        private readonly long _bytes;
        private readonly bool _isCompressed;

        public EndlessJson(long bytes, bool isCompressed)
        {
            (_bytes, _isCompressed) = (bytes, isCompressed);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (isCompressed)
                Headers.ContentEncoding.Add("gzip");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            if (_isCompressed)
            {
                await using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                await WriteAsync(gzip);
            }
            else
            {
                await WriteAsync(stream);
            }
        }

        private async Task WriteAsync(Stream body)
        {
            await body.WriteAsync("{\"definition\":\""u8.ToArray());
            var block = Encoding.ASCII.GetBytes(new string('A', 64 * 1024));
            for (var sent = 0L; sent < _bytes; sent += block.Length)
                await body.WriteAsync(block);
            await body.WriteAsync("\"}"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
