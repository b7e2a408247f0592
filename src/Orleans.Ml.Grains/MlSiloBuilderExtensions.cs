using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Ml.Grains.Deployments;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Grains.Nodes;
using Orleans.Ml.Inference;
using Orleans.Ml.Nlp;
using Orleans.Ml.Placement;
using Orleans.Placement;

namespace Orleans.Hosting;

/// <summary>Makes a silo a node that serves models.</summary>
public static class MlSiloBuilderExtensions
{
    private static readonly TimeSpan SiloStopLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds the model-serving grains and this node's engine. The silo still needs a default grain storage and an <see cref="Ml.Models.IModelStore"/>;
    /// its name is the node's id. With a stream provider named <see cref="Ml.Deployments.DeploymentEvents.ProviderName"/> it tells what becomes of deployments.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">What the node may use of its machine.</param>
    /// <param name="models">Where it keeps the archives its workers load.</param>
    /// <param name="nlp">Where its text work follows Elasticsearch to the letter; must be the same on all nodes.</param>
    public static ISiloBuilder AddOrleansMl(
        this ISiloBuilder silo, Action<NodeOptions>? configure = null, Action<LocalModelOptions>? models = null, Action<NlpOptions>? nlp = null)
    {
        var services = silo.Services;
        services.AddNodeRuntime(options => configure?.Invoke(options));
        services.AddOptions<NodeOptions>().Configure<IOptions<SiloOptions>>((node, options) => node.NodeId = options.Value.SiloName);
        services.AddOptionsWithValidateOnStart<LocalModelOptions>().Configure(options => models?.Invoke(options)).ValidateDataAnnotations();
        services.AddOptions<NlpOptions>().Configure(options => nlp?.Invoke(options));
        services.AddWorkers();
        services.TryAddSingleton<IModelSource, StoredModelSource>();
        services.AddPlacementFilter<PinToNodeStrategy, PinToNodeDirector>(ServiceLifetime.Singleton);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, NodeLifecycle>();
        services.TryAddSingleton<ISiloProbe, SiloPortProbe>();
        services.AddSingleton<NodeName>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<NodeName>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeName>());
        services.AddSingleton<ILiveNodeSource, MembershipNodes>();
        services.AddHostedService<MembershipWatcher>();
        services.AddHostedService<NodeAgent>();
        services.AddSingleton<DeploymentEventPublisher>();
        services.AddHostedService(s => s.GetRequiredService<DeploymentEventPublisher>());
        services.AddSingleton<NodeDeparture>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeDeparture>());
        services.AddOptions<HostOptions>().PostConfigure<IOptions<NodeOptions>>(AllowTimeToLeave);
        return silo;
    }

    /// <summary>The host gives up an orderly stop after its own limit: it must leave time for the node's, and for the silo after it.</summary>
    private static void AllowTimeToLeave(HostOptions host, IOptions<NodeOptions> node)
    {
        var needed = node.Value.LeaveLimit + SiloStopLimit;
        if (host.ShutdownTimeout < needed)
            host.ShutdownTimeout = needed;
    }
}
