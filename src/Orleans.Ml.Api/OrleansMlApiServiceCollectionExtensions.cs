using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Ml.Api;
using Orleans.Ml.Api.Endpoints;
using Orleans.Ml.Api.OpenApi;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Uploads;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Client;
using Orleans.Ml.Models;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the services of Elasticsearch's HTTP API.</summary>
public static class OrleansMlApiServiceCollectionExtensions
{
    /// <summary>
    /// Adds what <c>MapOrleansMlApi</c> needs besides <see cref="IGrainFactory"/>, <see cref="IInferenceRouter"/>, <see cref="AliasCache"/> and <see cref="IModelStore"/>,
    /// which the host brings.
    /// </summary>
    public static IServiceCollection AddOrleansMlApi(this IServiceCollection services, Action<OrleansMlApiOptions>? configure = null)
    {
        services.AddOptionsWithValidateOnStart<OrleansMlApiOptions>().ValidateDataAnnotations().Configure(configure ?? (_ => { }));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RouteList>();
        services.AddSingleton<ModelCatalog>().AddSingleton<ModelCreation>().AddSingleton<ModelDeletion>().AddSingleton<ModelAliasing>();
        services.AddSingleton<DefinitionUpload>().AddSingleton<VocabularyUpload>();
        services.AddSingleton<DeploymentWait>().AddSingleton<DeploymentStart>().AddSingleton<DeploymentStop>();
        services.AddSingleton<DeploymentUpdate>().AddSingleton<DeploymentExplanation>();
        services.AddSingleton<StatsCollection>().AddSingleton<ClusterNodes>();
        services.AddSingleton<RootEndpoints>().AddSingleton<TrainedModelEndpoints>().AddSingleton<ModelAliasEndpoints>();
        services.AddSingleton<DefinitionEndpoints>().AddSingleton<VocabularyEndpoints>();
        services.AddSingleton<DeploymentEndpoints>().AddSingleton<InferenceEndpoints>().AddSingleton<StatsEndpoints>();
        services.AddSingleton<CacheEndpoints>().AddSingleton<CatEndpoints>().AddSingleton<InfoEndpoints>();
        services.AddSingleton<OpenApiDocument>().AddSingleton<OpenApiEndpoints>();
        return services;
    }
}
