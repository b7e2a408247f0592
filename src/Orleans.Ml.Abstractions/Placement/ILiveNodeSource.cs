using System.Collections.Immutable;

namespace Orleans.Ml.Placement;

/// <summary>Tells a process that is a member of the cluster itself who is alive, sooner than the routing table would.</summary>
public interface ILiveNodeSource
{
    /// <summary>The live nodes now, and again whenever they change; ends with an exception when the token is cancelled.</summary>
    IAsyncEnumerable<ImmutableArray<LiveNode>> WatchAsync(CancellationToken cancellationToken);
}
