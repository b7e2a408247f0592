using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Ml.Inference.Workers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers worker processes.</summary>
public static class WorkerServiceCollectionExtensions
{
    /// <summary>Lets this silo run models in worker processes; settings are <see cref="WorkerOptions"/>.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<WorkerOptions>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModelWorkerFactory, WorkerFactory>();
        return services;
    }
}
