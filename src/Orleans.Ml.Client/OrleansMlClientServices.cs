using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Ml.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the inference router to a process that is a silo or an Orleans client.</summary>
public static class OrleansMlClientServices
{
    /// <summary>Adds <see cref="IInferenceRouter"/> and the routing table it reads. Call after Orleans was added, so that the table is polled once it is up.</summary>
    public static IServiceCollection AddOrleansMlClient(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<RouterOptions>().ValidateDataAnnotations();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RoutingCache>();
        services.AddHostedService(provider => provider.GetRequiredService<RoutingCache>());
        services.AddSingleton<IInferenceRouter, InferenceRouter>();
        services.AddHealthChecks().AddCheck<RoutingHealthCheck>("routing");
        return services;
    }
}
