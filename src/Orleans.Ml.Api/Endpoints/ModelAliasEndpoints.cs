using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Aliases of models.</summary>
internal sealed class ModelAliasEndpoints(ModelAliasing aliasing)
{
    public void Map(IEndpointRouteBuilder routes) => ElasticRoute.Map(routes, "/_ml/trained_models/{model_id}/model_aliases/{model_alias}",
        new("PUT", PutAsync, Parameters: ["reassign", "timeout", "master_timeout"]),
        new("DELETE", DeleteAsync, Parameters: ["timeout", "master_timeout"]));

    private async Task PutAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        query.Time("timeout");
        query.Time("master_timeout");
        var reassign = query.Boolean("reassign") ?? false;
        if (await aliasing.PutAsync(context.PathValue("model_alias"), context.PathValue("model_id"), reassign) is { } warning)
            ResponseWarning.Add(context, warning);
        await Acknowledged.WriteAsync(context);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        query.Time("timeout");
        query.Time("master_timeout");
        await aliasing.DeleteAsync(context.PathValue("model_alias"), context.PathValue("model_id"));
        await Acknowledged.WriteAsync(context);
    }
}
