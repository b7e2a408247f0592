using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.OpenApi;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>The description of all of this API, for programs.</summary>
internal sealed class OpenApiEndpoints(OpenApiDocument document)
{
    public void Map(IEndpointRouteBuilder routes) => ElasticRoute.Map(routes, "/_openapi.json", new ElasticMethod("GET", GetAsync));

    private Task GetAsync(HttpContext context) => JsonAnswer.WriteAsync(context, document.Document, static (writer, json) => json.WriteTo(writer));
}
