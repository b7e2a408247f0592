using System.Net;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class CatEndpointsTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        foreach (var (id, bytes) in new[] { ("a", 900L), ("longer-name", 2048), ("m", 10_240) })
        {
            var model = Given.Model(id);
            _api.Cluster.Model(id).Model = model with { Config = model.Config with { ModelSizeBytes = bytes } };
            await _api.Cluster.Store.RegisterAsync(id, "i1", default);
        }
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Get_IsATableWithoutHeader()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models");

        Assert.Equal("text/plain; charset=UTF-8", answer.ContentType);
        Assert.Equal(
            "a           900b 0 2026-01-05T10:11:12.123Z pytorch 0 __none__\n" +
            "longer-name 2kb  0 2026-01-05T10:11:12.123Z pytorch 0 __none__\n" +
            "m           10kb 0 2026-01-05T10:11:12.123Z pytorch 0 __none__\n", answer.Body);
    }

    [Fact]
    public async Task Get_HasTheAskedColumnsAndAHeader()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models/m?v=true&h=hs,id,nothing,license");

        Assert.Equal("hs   id license\n10kb m  PLATINUM\n", answer.Body);
    }

    [Theory]
    [InlineData("hs:desc", "m longer-name a")]
    [InlineData("heap_size", "a longer-name m")]
    [InlineData("type,id:desc", "m longer-name a")]
    public async Task Get_Sorts(string sort, string expected)
    {
        var answer = await _api.SendAsync("GET", $"/_cat/ml/trained_models?h=id&s={sort}");

        Assert.Equal(expected, answer.Body.ReplaceLineEndings(" ").Trim());
    }

    [Fact]
    public async Task Get_RefusesToSortByAnUnknownColumn()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models?s=nothing");

        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_operation_exception"), (answer.Status, answer.ErrorType));
        Assert.StartsWith("application/json", answer.ContentType, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format=json", null, true)]
    [InlineData("format=text", "application/json", false)]
    [InlineData("v", "application/json", true)]
    [InlineData("v", "text/plain", false)]
    [InlineData("v", "text/plain,application/vnd.elasticsearch+json; compatible-with=9", false)]
    [InlineData("format=json", "text/plain,application/vnd.elasticsearch+json; compatible-with=9", true)]
    [InlineData("v", "application/vnd.elasticsearch+json; compatible-with=9", true)]
    public async Task Get_IsJson_WhenAskedFor(string query, string? accept, bool isJson)
    {
        var answer = await _api.SendAsync("GET", $"/_cat/ml/trained_models/m?{query}", headers: accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(isJson, answer.Body.StartsWith('['));
        Assert.Equal(isJson, answer.ContentType!.Contains("json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Json_HasOnlyTextAndNull()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models/m?format=json&h=id,heap_size,o,description,data_frame.create_time&bytes=b");

        Assert.Equal("""[{"id":"m","heap_size":"10240","o":"0","description":null,"data_frame.create_time":null}]""", answer.Body);
    }

    [Theory]
    [InlineData("format=yaml&", null)]
    [InlineData("", "application/yaml")]
    public async Task Get_IsYaml_WhenAskedFor(string query, string? accept)
    {
        var model = _api.Cluster.Model("m").Model!;
        _api.Cluster.Model("m").Model = model with { Config = model.Config with { Description = "a \"b\": ü\n" } };

        var answer = await _api.SendAsync(
            "GET", $"/_cat/ml/trained_models/m,a?{query}h=id,hs,description", headers: accept is null ? [] : [("Accept", accept)]);

        Assert.Equal("application/yaml", answer.ContentType);
        Assert.Equal(
            "---\n- id: \"a\"\n  hs: \"900b\"\n  description: null\n- id: \"m\"\n  hs: \"10kb\"\n  description: \"a \\\"b\\\": ü\\n\"\n", answer.Body);
    }

    [Fact]
    public async Task Yaml_OfNothing_IsAnEmptyList_AndErrorsAreJson()
    {
        Assert.Equal("--- []\n", (await _api.SendAsync("GET", "/_cat/ml/trained_models/x*?format=yaml")).Body);
        Assert.Equal("application/json", (await _api.SendAsync("GET", "/_cat/ml/trained_models/x?format=yaml")).ContentType);
    }

    [Fact]
    public async Task Help_ListsTheColumns()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models?help");

        Assert.Equal(18, answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("hs,modelHeapSize", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/_cat/ml/trained_models/missing", HttpStatusCode.NotFound)]
    [InlineData("/_cat/ml/trained_models/missing*", HttpStatusCode.OK)]
    [InlineData("/_cat/ml/trained_models/missing*?allow_no_match=false", HttpStatusCode.NotFound)]
    [InlineData("/_cat/ml/trained_models?bytes=x", HttpStatusCode.BadRequest)]
    [InlineData("/_cat/ml/trained_models?format=cbor", HttpStatusCode.NotAcceptable)]
    public async Task Get_AnswersWhatCannotBeShown(string uri, HttpStatusCode status) => Assert.Equal(status, (await _api.SendAsync("GET", uri)).Status);

    [Fact]
    public async Task Get_Pages()
    {
        var answer = await _api.SendAsync("GET", "/_cat/ml/trained_models?h=id&from=1&size=1");

        Assert.Equal("longer-name\n", answer.Body);
    }
}
