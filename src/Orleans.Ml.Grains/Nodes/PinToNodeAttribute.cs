using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Pins a grain to the node its key begins with. Works on the calling silo, so every silo registers it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PinToNodeAttribute() : PlacementFilterAttribute(new PinToNodeStrategy());

/// <summary>The strategy behind <see cref="PinToNodeAttribute"/>. Orleans creates it, hence public with a parameterless constructor.</summary>
public sealed class PinToNodeStrategy : PlacementFilterStrategy
{
    /// <summary>Creates it.</summary>
    public PinToNodeStrategy()
        : base(order: 0)
    {
    }
}

/// <summary>Leaves the silo of that name; of two lives of one name the later.</summary>
internal sealed class PinToNodeDirector(IServiceProvider services) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var node = NodeKey.NodeOf(target.GrainIdentity.Key.ToString()!);
        var members = services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members;
        return silos.Where(silo => members.TryGetValue(silo, out var member) && member.Name == node)
            .OrderByDescending(silo => silo.Generation).ThenByDescending(silo => silo)
            .Take(1);
    }
}
