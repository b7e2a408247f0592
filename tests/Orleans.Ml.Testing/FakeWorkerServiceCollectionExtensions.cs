using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Testing;

/// <summary>Lets a silo of a test run without worker processes.</summary>
internal static class FakeWorkerServiceCollectionExtensions
{
    public static IServiceCollection AddFakeWorkers(this IServiceCollection services, FakeWorkerFactory workers) =>
        services.AddSingleton<IModelWorkerFactory>(workers);
}
