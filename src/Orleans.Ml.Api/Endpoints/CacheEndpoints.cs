using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>The inference caches of a deployment.</summary>
internal sealed class CacheEndpoints(IGrainFactory grains)
{
    public void Map(IEndpointRouteBuilder routes) =>
        ElasticRoute.Map(routes, "/_ml/trained_models/{deployment_id}/deployment/cache/_clear", new ElasticMethod("POST", ClearAsync));

    // Nothing is cached yet, so every cache is as clear as it can be.
    private async Task ClearAsync(HttpContext context)
    {
        var id = context.PathValue("deployment_id");
        if (!DeploymentIds.IsValid(id) || await grains.GetGrain<IDeploymentGrain>(id).GetAsync() is null)
            throw new MlException(MlErrorKind.NotFound, $"No known deployment with deployment_id [{Excerpt.Of(id)}]");
        await Acknowledged.WriteAsync(context, "cleared");
    }
}
