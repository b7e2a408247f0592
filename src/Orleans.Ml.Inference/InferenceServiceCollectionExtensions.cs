using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Ml.Inference;
using Orleans.Ml.Inference.Workers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a node's serving engine.</summary>
public static class InferenceServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="NodeRuntime"/>, one per process. It needs an <see cref="IModelSource"/> and logging to be registered; whoever hosts it calls
    /// <see cref="NodeRuntime.BeginEpoch"/> and <see cref="NodeRuntime.StopAsync"/>.
    /// </summary>
    public static IServiceCollection AddNodeRuntime(this IServiceCollection services, Action<NodeOptions> configure)
    {
        services.AddOptionsWithValidateOnStart<NodeOptions, NodeOptionsValidator>().Configure(configure);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InferenceMetrics>();
        services.TryAddSingleton(provider => new NodeRuntime(
            provider.GetRequiredService<IOptions<NodeOptions>>().Value,
            provider.GetRequiredService<IModelWorkerFactory>(),
            provider.GetRequiredService<IModelSource>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<InferenceMetrics>()));
        return services;
    }
}
