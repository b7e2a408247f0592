using System.Text.Json.Nodes;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.OpenApi;

/// <summary>
/// The OpenAPI document: made of the one list of routes, so that it has every path, method and parameter that is served, and of the descriptions in
/// <c>descriptions.json</c>.
/// </summary>
internal sealed class OpenApiDocument(RouteList routes)
{
    private readonly Lazy<JsonObject> _document = new(() => Build(routes.Routes));

    /// <summary>The document; made when it is first asked for, after everything was mapped.</summary>
    public JsonObject Document => _document.Value;

    /// <summary>What is said about the routes.</summary>
    public static JsonObject ReadDescriptions()
    {
        using var file = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("Orleans.Ml.Api.OpenApi.descriptions.json")!;
        return JsonNode.Parse(file)!.AsObject();
    }

    private static JsonObject Build(IReadOnlyList<MappedRoute> routes)
    {
        var descriptions = ReadDescriptions();
        var paths = new JsonObject();
        foreach (var route in routes)
        {
            var path = new JsonObject();
            foreach (var method in route.Methods)
            {
                path[method.Name.ToLowerInvariant()] = OpenApiOperation.Build(route.Pattern, method, descriptions, isHead: false);
                if (method.Name == "GET")
                    path["head"] = OpenApiOperation.Build(route.Pattern, method, descriptions, isHead: true);
            }

            paths[route.Pattern] = path;
        }

        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Orleans.Ml",
                ["summary"] = "PyTorch models through Elasticsearch's trained-model API.",
                ["version"] = ElasticsearchVersion.Number,
            },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = descriptions["schemas"]!.DeepClone() },
        };
    }
}
