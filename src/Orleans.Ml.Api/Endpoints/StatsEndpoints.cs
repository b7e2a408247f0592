using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Stats of models and their deployments.</summary>
internal sealed class StatsEndpoints(StatsCollection stats, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var get = new ElasticMethod("GET", GetAsync, Parameters: ["allow_no_match", .. Paging.Parameters]);
        ElasticRoute.Map(routes, "/_ml/trained_models/_stats", get);
        ElasticRoute.Map(routes, "/_ml/trained_models/{ids}/_stats", get);
    }

    private async Task GetAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        var expression = IdExpression.Parse(context.PathValueOrNull("ids"));
        var page = await stats.RunAsync(expression, query.Boolean("allow_no_match") ?? true, Paging.Read(query), context.RequestAborted);
        var json = new StatsJson(time.GetUtcNow(), query.IsOn("human"));
        await JsonAnswer.WriteAsync(context, (json, page), static (writer, answer) => answer.json.Write(writer, answer.page));
    }
}
