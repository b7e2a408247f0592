using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Ml.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the inference router to a process that is a silo or an Orleans client.</summary>
public static class OrleansMlClientServices
{
    /// <summary>Adds <see cref="IInferenceRouter"/> and the tables it reads. Call after Orleans was added, so that they are polled once it is up.</summary>
    public static IServiceCollection AddOrleansMlClient(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<RouterOptions>().ValidateDataAnnotations();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RoutingCache>();
        services.AddHostedService(provider => provider.GetRequiredService<RoutingCache>());
        services.AddSingleton<AliasCache>();
        services.AddHostedService(provider => provider.GetRequiredService<AliasCache>());
        services.AddSingleton<IInferenceRouter, InferenceRouter>();
        return services;
    }
}
