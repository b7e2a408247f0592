using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Defaults and limits of the cluster.</summary>
internal sealed class InfoEndpoints(ClusterNodes nodes)
{
    public void Map(IEndpointRouteBuilder routes) => ElasticRoute.Map(routes, "/_ml/info", new ElasticMethod("GET", GetAsync));

    private async Task GetAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, await nodes.ListAsync(context.RequestAborted), InfoJson.Write);
}
