using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>The cluster's membership as nodes.</summary>
internal sealed class MembershipNodes(IClusterMembershipService membership) : ILiveNodeSource
{
    public async IAsyncEnumerable<ImmutableArray<LiveNode>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
            yield return Live(snapshot);
    }

    /// <summary>Active silos, in order of name.</summary>
    public static ImmutableArray<LiveNode> Live(ClusterMembershipSnapshot snapshot) =>
    [
        .. snapshot.Members.Values.Where(m => m.Status == SiloStatus.Active)
            .Select(m => new LiveNode(m.Name, m.SiloAddress.Generation))
            .OrderBy(n => n.NodeId, StringComparer.Ordinal).ThenBy(n => n.Epoch),
    ];
}
