using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Ml.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the inference router to a process that is a silo or an Orleans client.</summary>
public static class OrleansMlClientServices
{
    /// <summary>
    /// A client goes on talking through a gateway that is frozen until the list no longer has it; Orleans' minute would hide a dead node, and the table that tells of
    /// it, for that long.
    /// </summary>
    private static readonly TimeSpan GatewayListRefreshPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Adds <see cref="IInferenceRouter"/> and the tables it reads. Call after Orleans was added, so that they are polled once it is up.</summary>
    public static IServiceCollection AddOrleansMlClient(this IServiceCollection services)
    {
        services.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayListRefreshPeriod);
        services.AddSingleton<GatewayLosses>();
        services.AddOptions<ClientConnectionOptions>().Configure<GatewayLosses>((connections, losses) => connections.ConfigureConnection(losses.Watch));
        services.AddOptionsWithValidateOnStart<RouterOptions>().ValidateDataAnnotations();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RoutingCache>();
        services.AddHostedService(provider => provider.GetRequiredService<RoutingCache>());
        services.AddSingleton<AliasCache>();
        services.AddHostedService(provider => provider.GetRequiredService<AliasCache>());
        services.AddSingleton<IInferenceRouter, InferenceRouter>();
        services.AddHealthChecks().AddCheck<RoutingHealthCheck>("routing");
        return services;
    }
}
