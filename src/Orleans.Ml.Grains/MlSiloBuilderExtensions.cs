using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Grains.Nodes;
using Orleans.Ml.Inference;
using Orleans.Ml.Nlp;
using Orleans.Placement;

namespace Orleans.Hosting;

/// <summary>Makes a silo a node that serves models.</summary>
public static class MlSiloBuilderExtensions
{
    /// <summary>
    /// Adds the model-serving grains and this node's engine. The silo still needs a default grain storage and an <see cref="Ml.Models.IModelStore"/>;
    /// its name is the node's id.
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
        services.AddOptions<NodeOptions>().Configure<Microsoft.Extensions.Options.IOptions<SiloOptions>>((node, options) => node.NodeId = options.Value.SiloName);
        services.AddOptionsWithValidateOnStart<LocalModelOptions>().Configure(options => models?.Invoke(options)).ValidateDataAnnotations();
        services.AddOptions<NlpOptions>().Configure(options => nlp?.Invoke(options));
        services.AddWorkers();
        services.TryAddSingleton<IModelSource, StoredModelSource>();
        services.AddPlacementFilter<PinToNodeStrategy, PinToNodeDirector>(ServiceLifetime.Singleton);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, NodeLifecycle>();
        services.AddHostedService<MembershipWatcher>();
        services.AddHostedService<NodeAgent>();
        return silo;
    }
}
