using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Samples;

/// <summary>Registers what happens once the node is up.</summary>
internal static class SampleModelsExtensions
{
    /// <summary>Serves the sample models, if any, and then says that the node is ready.</summary>
    public static void AddSampleModels(this IServiceCollection services, NodeSettings settings, TextWriter terminal)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService(provider => new SampleModels(
            settings,
            terminal,
            new TrainedModelApi(NewHttpClient(settings.BaseAddress)),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>To this same node, so past every proxy; a start may take its 60 s.</summary>
    private static HttpClient NewHttpClient(Uri server) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(100) };
}
