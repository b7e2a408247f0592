using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Api.OpenApi;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Tests.OpenApi;

public sealed class OpenApiDocumentTests : IAsyncLifetime
{
    private ApiHost _api = null!;
    private JsonNode _document = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        _document = JsonNode.Parse((await _api.SendAsync("GET", "/_openapi.json")).Body)!;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private IReadOnlyList<MappedRoute> Routes => _api.Server.Services.GetRequiredService<RouteList>().Routes;

    private IEnumerable<(string Name, JsonNode Operation)> Operations => _document["paths"]!.AsObject()
        .SelectMany(p => p.Value!.AsObject().Select(m => ($"{m.Key.ToUpperInvariant()} {p.Key}", m.Value!)));

    [Fact]
    public void HasEveryMethodOfEveryRoute_AndNoOther()
    {
        var served = Routes.SelectMany(r => r.Methods.SelectMany(m => m.Name == "GET" ? ["GET", "HEAD"] : new[] { m.Name }).Select(m => $"{m} {r.Pattern}"));

        Assert.Equal(served.Order(), Operations.Select(o => o.Name).Order());
    }

    [Fact]
    public void DescribesEveryMethodOfEveryRoute_AndNoOther()
    {
        var served = Routes.SelectMany(r => r.Methods.Select(m => $"{m.Name} {r.Pattern}"));

        Assert.Equal(served.Order(), OpenApiDocument.ReadDescriptions()["operations"]!.AsObject().Select(o => o.Key).Order());
    }

    [Fact]
    public void HasEveryParameterOfEveryRoute_WithDescriptionAndType()
    {
        foreach (var method in Routes.SelectMany(r => r.Methods.Select(m => (Name: $"{m.Name} {r.Pattern}", Parameters: m.ReadsBody ? [.. m.Parameters, .. SourceBody.Parameters] : m.Parameters))))
        {
            var parameters = Operations.Single(o => o.Name == method.Name).Operation["parameters"]!.AsArray();

            var query = parameters.Where(p => p!["in"]!.GetValue<string>() == "query").Select(p => p!["name"]!.GetValue<string>());
            Assert.Equal(method.Parameters.Concat(QueryParameters.CommonNames).Order(), query.Order());
            Assert.All(parameters, p => Assert.True(p!["description"] is not null && p["schema"] is not null, $"{method.Name}: {p["name"]}"));
        }
    }

    [Fact]
    public void HasASchemaForEveryBodyAndAnswer()
    {
        foreach (var (name, operation) in Operations.Where(o => !o.Name.StartsWith("HEAD", StringComparison.Ordinal)))
        {
            Assert.True(operation["responses"]!["200"]!["content"]!["application/json"]!["schema"] is not null, name);
            Assert.True(operation["requestBody"] is not { } body || body["content"]!["application/json"]!["schema"] is not null, name);
        }

        var ids = Operations.Select(o => o.Operation["operationId"]!.GetValue<string>()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void HasEverySchemaItRefersTo()
    {
        var referred = References(_document).Select(r => r["#/components/schemas/".Length..]).Distinct();

        Assert.Empty(referred.Except(_document["components"]!["schemas"]!.AsObject().Select(s => s.Key)));
    }

    [Theory]
    [InlineData("root.json", "ClusterInfo")]
    [InlineData("model.json", "TrainedModel")]
    [InlineData("start.json", "Assignment")]
    [InlineData("stats.json", "ModelStats")]
    public void Schema_HasEveryMemberOfTheGoldenAnswer(string golden, string schema)
    {
        var answer = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", golden)))!;

        Assert.Empty(Unknown(answer, _document["components"]!["schemas"]![schema]!, schema));
    }

    [Theory]
    [InlineData("GET", "/_ml/info", "MlInfo")]
    [InlineData("GET", "/nowhere", "Error")]
    [InlineData("GET", "/_ml/trained_models/missing?error_trace", "Error")]
    public async Task Schema_HasEveryMemberOfTheAnswer(string method, string uri, string schema)
    {
        var answer = JsonNode.Parse((await _api.SendAsync(method, uri)).Body)!;

        Assert.Empty(Unknown(answer, _document["components"]!["schemas"]![schema]!, schema));
    }

    [Fact]
    public async Task Schema_OfABody_HasOnlyMembersTheServerKnows()
    {
        foreach (var (name, operation) in Operations.Where(o => o.Operation["requestBody"] is not null))
        {
            var (method, uri) = (name.Split(' ')[0], name.Split(' ')[1].Replace("{part}", "0", StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));
            var members = Resolve(operation["requestBody"]!["content"]!["application/json"]!["schema"]!)["properties"]!.AsObject().Select(p => p.Key);
            foreach (var member in members)
            {
                var answer = await _api.SendAsync(method, uri, new JsonObject { [member] = new JsonArray(new JsonArray()) }.ToJsonString());

                Assert.False(answer.Body.Contains("unknown field", StringComparison.Ordinal), $"{name} {member}: {answer.Body}");
            }
        }
    }

    private JsonNode Resolve(JsonNode schema) => schema["$ref"] is { } reference
        ? _document["components"]!["schemas"]![reference.GetValue<string>()["#/components/schemas/".Length..]]! : schema;

    private IEnumerable<string> Unknown(JsonNode? value, JsonNode schema, string path)
    {
        schema = Resolve(schema);
        if (schema["oneOf"] is JsonArray variants)
            return variants.Select(v => Unknown(value, v!, path)).MinBy(u => u.Count())!;
        return value switch
        {
            JsonObject o => o.SelectMany(m => schema["properties"]?[m.Key] is { } known ? Unknown(m.Value, known, $"{path}.{m.Key}")
                : schema["additionalProperties"] is JsonObject free ? Unknown(m.Value, free, $"{path}.{m.Key}") : [$"{path}.{m.Key}"]),
            JsonArray a => a.SelectMany(i => Unknown(i, schema["items"] ?? new JsonObject(), $"{path}[]")),
            _ => schema["type"]?.ToString() is "object" or "array" && value is not null ? [$"{path} is no {schema["type"]}"] : [],
        };
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(m => m.Key == "$ref" ? [m.Value!.GetValue<string>()] : References(m.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };
}
