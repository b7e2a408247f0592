using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Deployments: start, update, explain, stop.</summary>
internal sealed class DeploymentEndpoints(
    ModelCatalog catalog, DeploymentStart start, DeploymentUpdate update, DeploymentExplanation explanation, DeploymentStop stop,
    IOptions<OrleansMlApiOptions> options)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        ElasticRoute.Map(routes, "/_ml/trained_models/{model_id}/deployment/_start",
            new ElasticMethod("POST", StartAsync, ReadsBody: true, StartRequest.Parameters));
        ElasticRoute.Map(routes, "/_ml/trained_models/{deployment_id}/deployment/_update",
            new ElasticMethod("POST", UpdateAsync, ReadsBody: true, UpdateRequest.Parameters));
        ElasticRoute.Map(routes, "/_ml/trained_models/{deployment_id}/deployment/_explain",
            new ElasticMethod("GET", ExplainAsync));
        ElasticRoute.Map(routes, "/_ml/trained_models/{deployment_id}/deployment/_stop",
            new ElasticMethod("POST", StopAsync, ReadsBody: true, StopRequest.Parameters));
    }

    private async Task StartAsync(HttpContext context)
    {
        var modelId = context.PathValue("model_id");
        var request = await ReadAsync(context, modelId, (id, query, body) => StartRequest.Read(id, query, body, options.Value.Start));
        foreach (var (used, instead) in request.Deprecated)
            ResponseWarning.Add(context, $"Deprecated field [{used}] used, expected [{instead}] instead");
        if (!ModelIds.IsValid(modelId))
            throw ModelCatalog.NotFound(modelId);
        var deployment = request.Deployment with { ModelId = await catalog.ResolveAsync(modelId) };
        if (request.IsDryRun)
        {
            await JsonAnswer.WriteAsync(context, await explanation.OfStartAsync(deployment), ExplanationJson.Write);
            return;
        }

        var assignment = await start.RunAsync(deployment, request.Goal, request.Timeout, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, assignment, AssignmentJson.Write);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var deploymentId = context.PathValue("deployment_id");
        var request = await ReadAsync(context, deploymentId, UpdateRequest.Read);
        await JsonAnswer.WriteAsync(context, await update.RunAsync(deploymentId, request), AssignmentJson.Write);
    }

    private async Task ExplainAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, await explanation.OfRunningAsync(context.PathValue("deployment_id")), ExplanationJson.Write);

    private async Task StopAsync(HttpContext context)
    {
        var deploymentId = context.PathValue("deployment_id");
        var request = await ReadAsync(context, deploymentId, StopRequest.Read);
        var mode = request.FinishPendingWork ? StopMode.Drain : StopMode.Forced;
        var stopped = await stop.RunAsync(deploymentId, mode, "stopped by an API call", context.RequestAborted);
        if (!stopped && !request.AllowNoMatch)
            throw new MlException(MlErrorKind.NotFound, $"No known deployment with deployment_id [{Excerpt.Of(deploymentId)}]");
        await Acknowledged.WriteAsync(context, "stopped");
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, string id, Func<string, QueryParameters, JsonElement?, T> read)
    {
        using var body = await RequestBody.ReadAsync(context);
        if (body.Bytes.IsEmpty)
            return read(id, QueryParameters.Of(context), null);
        using var json = JsonBody.ParseObject(body.Bytes);
        return read(id, QueryParameters.Of(context), json.RootElement);
    }
}
