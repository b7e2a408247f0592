using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class WireRulesTests : IAsyncLifetime
{
    private const string Vendor9 = "application/vnd.elasticsearch+json; compatible-with=9";
    private const string Vendor8 = "application/vnd.elasticsearch+json; compatible-with=8";
    private const string Infer = """{"docs":[{"text_field":"x"}]}""";

    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("HEAD", "/")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/_ml/trained_models/m/_infer")]
    [InlineData("GET", "/_ml/trained_models/missing")]
    [InlineData("HEAD", "/_ml/trained_models/missing")]
    [InlineData("PATCH", "/_ml/trained_models/m")]
    [InlineData("GET", "/?oops")]
    public async Task ProductHeader_IsOnEveryAnswer(string method, string uri)
    {
        var answer = await _api.SendAsync(method, uri);

        Assert.Equal("Elasticsearch", answer.Headers["X-Elastic-Product"]);
    }

    [Fact]
    public async Task Head_HasTheHeadersOfGetAndNoBody()
    {
        var get = await _api.SendAsync("GET", "/");
        var head = await _api.SendAsync("HEAD", "/");

        Assert.Equal(HttpStatusCode.OK, head.Status);
        Assert.Empty(head.Body);
        Assert.Equal(get.Headers["Content-Length"], head.Headers["Content-Length"]);
    }

    [Fact]
    public async Task UnknownRoute_IsElasticsearchsPlainString()
    {
        var answer = await _api.SendAsync("GET", "/_ml/nowhere?x=1");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("""{"error":"no handler found for uri [/_ml/nowhere?x=1] and method [GET]"}""", answer.Body);
    }

    [Theory]
    [InlineData("/_ML/trained_models")]
    [InlineData("/_ml/trained_models/m/Deployment/_stop")]
    [InlineData("/_Cat/ml/trained_models")]
    public async Task APathInOtherLetterCase_IsUnknown(string path) =>
        Assert.Equal($$"""{"error":"no handler found for uri [{{path}}] and method [GET]"}""", (await _api.SendAsync("GET", path)).Body);

    [Fact]
    public async Task WrongMethod_Is405AndNamesWhatIsAllowed()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Equal("DELETE,GET,HEAD,PUT", answer.Headers["Allow"].Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains("allowed: [DELETE,GET,HEAD,PUT]", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/_ml/trained_models?foo=1")]
    [InlineData("/_ml/trained_models/_stats?foo=1&pretty")]
    [InlineData("/?foo")]
    public async Task UnreadParameter_IsRefusedByName(string uri)
    {
        var answer = await _api.SendAsync("GET", uri);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("illegal_argument_exception", answer.ErrorType);
        Assert.Contains("[foo]", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/_ml/trained_models?siz=0&v", "unrecognized parameters: [siz] -> did you mean [size]?, [v]")]
    [InlineData("/_ml/trained_models?sizes=0&xyzzy", "unrecognized parameters: [sizes] -> did you mean [size]?, [xyzzy]")]
    public async Task UnreadParameter_IsAnsweredWithWhatWasMeant(string uri, string expected)
    {
        var answer = await _api.SendAsync("GET", uri);

        Assert.Equal("request [/_ml/trained_models] contains " + expected, answer.Reason);
    }

    [Fact]
    public async Task FilterPath_KeepsWhatIsAskedFor()
    {
        var answer = await _api.SendAsync("GET", "/?filter_path=version.number,name");

        Assert.Equal("""{"name":"node-1","version":{"number":"9.2.0"}}""", answer.Body);
    }

    [Fact]
    public async Task FilterPath_AppliesToErrors()
    {
        var answer = await _api.SendAsync("GET", "/_ml/trained_models/missing?filter_path=status,error.type&pretty");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("{\n  \"error\": {\n    \"type\": \"resource_not_found_exception\"\n  },\n  \"status\": 404\n}\n", answer.Body);
    }

    [Fact]
    public async Task ErrorTrace_ShowsWhereAnErrorCameFrom()
    {
        var answer = await _api.SendAsync("GET", "/_ml/trained_models/missing?error_trace=true");

        var trace = answer.Json.GetProperty("error").GetProperty("stack_trace").GetString();
        Assert.StartsWith("resource_not_found_exception: ", trace, StringComparison.Ordinal);
        Assert.Contains("   at Orleans.Ml.Api", trace, StringComparison.Ordinal);
        Assert.DoesNotContain(".cs", trace, StringComparison.Ordinal);
        Assert.Equal(trace, answer.Json.GetProperty("error").GetProperty("root_cause")[0].GetProperty("stack_trace").GetString());
    }

    [Fact]
    public async Task Errors_HaveNoTrace_UnlessAskedFor() =>
        Assert.DoesNotContain("stack_trace", (await _api.SendAsync("GET", "/_ml/trained_models/missing")).Body, StringComparison.Ordinal);

    [Theory]
    [InlineData("gzip")]
    [InlineData("gzip,deflate")]
    [InlineData("br;q=1.0, gzip;q=0.5")]
    public async Task Answer_IsCompressed_WhenAskedFor(string acceptEncoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", acceptEncoding);

        using var response = await _api.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var body = new GZipStream(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        Assert.Equal("You Know, for Search", JsonDocument.Parse(body).RootElement.GetProperty("tagline").GetString());
    }

    [Fact]
    public async Task Head_IsNotCompressed()
    {
        var answer = await _api.SendAsync("HEAD", "/", headers: ("Accept-Encoding", "gzip,deflate"));

        Assert.False(answer.Headers.ContainsKey("Content-Encoding"));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip;q=0")]
    [InlineData("deflate")]
    [InlineData(";;;")]
    public async Task Answer_IsPlain_WhenItMayNotBeCompressed(string acceptEncoding)
    {
        var answer = await _api.SendAsync("GET", "/", headers: ("Accept-Encoding", acceptEncoding));

        Assert.StartsWith("{", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommonParameters_AreKnownEverywhere()
    {
        var answer = await _api.SendAsync("GET", "/?pretty=false&human=true&error_trace&filter_path=*&format=json");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Pretty_Indents()
    {
        var answer = await _api.SendAsync("GET", "/?pretty");

        Assert.StartsWith("{\n  \"name\": \"node-1\",\n", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData(Vendor9, "application/vnd.elasticsearch+json;compatible-with=9")]
    [InlineData("application/vnd.elasticsearch+json;compatible-with=8", "application/vnd.elasticsearch+json;compatible-with=8")]
    [InlineData("application/vnd.elasticsearch+json ;  Compatible-With=\"8\"", "application/vnd.elasticsearch+json;compatible-with=8")]
    [InlineData("application/vnd.elasticsearch+json; compatible-with=9,text/plain", "application/json")]
    public async Task Accept_DecidesTheContentType(string? accept, string expected)
    {
        var answer = await _api.SendAsync("GET", "/", headers: accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(expected, answer.ContentType?.Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Accept_OfAnotherVersion_Is400()
    {
        var answer = await _api.SendAsync("GET", "/", headers: ("Accept", "application/vnd.elasticsearch+json; compatible-with=7"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("media_type_header_exception", answer.ErrorType);
    }

    [Fact]
    public async Task Accept_OfAnotherFormat_Is406()
    {
        var answer = await _api.SendAsync("GET", "/", headers: ("Accept", "application/yaml"));

        Assert.Equal(HttpStatusCode.NotAcceptable, answer.Status);
        Assert.Equal("Accept header [application/yaml] is not supported", answer.Json.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/x-ndjson")]
    public async Task ContentType_OfAnotherFormat_Is406(string contentType)
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", Infer, contentType);

        Assert.Equal(HttpStatusCode.NotAcceptable, answer.Status);
        Assert.Equal($$"""{"error":"Content-Type header [{{contentType}}] is not supported","status":406}""", answer.Body);
    }

    [Fact]
    public async Task Body_MayBeAParameter()
    {
        var asBody = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", Infer);

        var asSource = await _api.SendAsync("POST", $"/_ml/trained_models/m/_infer?source={Uri.EscapeDataString(Infer)}&source_content_type=application%2Fjson");

        Assert.Equal((HttpStatusCode.OK, asBody.Body), (asSource.Status, asSource.Body));
    }

    [Theory]
    [InlineData("source={}", HttpStatusCode.BadRequest, "source_content_type")]
    [InlineData("source_content_type=application/json", HttpStatusCode.BadRequest, "source")]
    [InlineData("source={}&source_content_type=application/json", HttpStatusCode.BadRequest, "docs")]
    [InlineData("source={&source_content_type=application/json", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("source=&source_content_type=application/json", HttpStatusCode.BadRequest, "body")]
    [InlineData("source={}&source_content_type=application/cbor", HttpStatusCode.NotAcceptable, "application/cbor")]
    public async Task Source_IsCheckedAsABody(string query, HttpStatusCode status, string mention)
    {
        var answer = await _api.SendAsync("POST", $"/_ml/trained_models/m/_infer?{query}");

        Assert.Equal(status, answer.Status);
        Assert.Contains(mention, answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Source_IsUnknown_WhereNoBodyIsRead_AndBesideABody()
    {
        const string Source = "source={}&source_content_type=application/json";

        var noBody = await _api.SendAsync("GET", $"/_ml/trained_models/_stats?{Source}");
        var beside = await _api.SendAsync("POST", $"/_ml/trained_models/m/_infer?{Source}", Infer);

        Assert.Equal("illegal_argument_exception", noBody.ErrorType);
        Assert.Equal("illegal_argument_exception", beside.ErrorType);
        Assert.Contains("[source]", beside.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", null)]
    [InlineData(Vendor9, Vendor9)]
    [InlineData(Vendor8, Vendor8)]
    [InlineData(Vendor8, null)]
    public async Task ContentType_OfJson_IsRead(string contentType, string? accept)
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", Infer, contentType, accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData(Vendor8, Vendor9)]
    [InlineData("application/vnd.elasticsearch+json; compatible-with=10", "application/json")]
    public async Task ContentType_OfAnotherVersionThanAccept_Is400(string contentType, string accept)
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/_infer", Infer, contentType, ("Accept", accept));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("media_type_header_exception", answer.ErrorType);
    }

    [Fact]
    public async Task ContentType_WithoutBody_IsNoError()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "text/html");

        var answer = await _api.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task OpaqueId_IsEchoed()
    {
        var answer = await _api.SendAsync("GET", "/", headers: ("X-Opaque-Id", "abc"));

        Assert.Equal("abc", answer.Headers["X-Opaque-Id"]);
    }

    [Fact]
    public async Task OpaqueId_ThatCannotBeAHeader_IsLeftOut()
    {
        var context = await _api.Server.SendAsync(c =>
        {
            c.Request.Path = "/";
            c.Request.Headers["X-Opaque-Id"] = "ä";
        }, TestContext.Current.CancellationToken);

        Assert.Equal(200, context.Response.StatusCode);
        Assert.False(context.Response.Headers.ContainsKey("X-Opaque-Id"));
    }

    [Fact]
    public async Task Body_WhereNoneIsRead_IsRefused()
    {
        var answer = await _api.SendAsync("GET", "/", "{}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("illegal_argument_exception", answer.ErrorType);
        Assert.Contains("does not support having a body", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gzip_IsRead()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_ml/trained_models/m/_infer") { Content = Compressed(Infer) };

        var answer = await _api.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["x"], _api.Router.Asked!.Texts);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Compression_ThatIsBrokenOrUnknown_Is400(string encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_ml/trained_models/m/_infer") { Content = new StringContent(Infer, Encoding.UTF8, "application/json") };
        request.Content.Headers.ContentEncoding.Add(encoding);

        var answer = await _api.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("illegal_argument_exception", answer.ErrorType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_AboveTheLimit_Is413InTheEnvelope(bool compressed)
    {
        var zeros = new string(' ', (100 * 1024 * 1024) + 1);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_ml/trained_models/m/_infer")
        {
            Content = compressed ? Compressed(zeros) : new StringContent(zeros, Encoding.UTF8, "application/json"),
        };

        var answer = await _api.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Contains("[104857600]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_HasWhatClientsCheck()
    {
        var answer = await _api.SendAsync("GET", "/");

        Golden.Equal("root.json", answer.Body);
    }

    private static ByteArrayContent Compressed(string text)
    {
        var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }
}
