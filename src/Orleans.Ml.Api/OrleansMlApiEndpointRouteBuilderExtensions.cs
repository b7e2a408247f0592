using System.Diagnostics;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Api.Endpoints;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Wire;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps Elasticsearch's HTTP API.</summary>
public static class OrleansMlApiEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps every route of the API, and Elasticsearch's answer to all paths that nothing else in the application serves. Handlers are made once,
    /// here: requests resolve
    /// no services.
    /// </summary>
    /// <returns>All of it, to add conventions to.</returns>
    public static IEndpointConventionBuilder MapOrleansMlApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("");
        var services = routes.ServiceProvider;
        services.GetRequiredService<RootEndpoints>().Map(api);
        services.GetRequiredService<TrainedModelEndpoints>().Map(api);
        services.GetRequiredService<DefinitionEndpoints>().Map(api);
        services.GetRequiredService<VocabularyEndpoints>().Map(api);
        services.GetRequiredService<DeploymentEndpoints>().Map(api);
        services.GetRequiredService<InferenceEndpoints>().Map(api);
        services.GetRequiredService<StatsEndpoints>().Map(api);
        services.GetRequiredService<ModelAliasEndpoints>().Map(api);
        services.GetRequiredService<CacheEndpoints>().Map(api);
        services.GetRequiredService<CatEndpoints>().Map(api);
        services.GetRequiredService<InfoEndpoints>().Map(api);
        services.GetRequiredService<OpenApiEndpoints>().Map(api);
        ElasticRoute.MapUnknown(api);
        RefusedRequests.AnswerAll(services.GetRequiredService<DiagnosticListener>());
        return api;
    }
}
