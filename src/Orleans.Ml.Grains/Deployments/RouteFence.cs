using Orleans.Ml.Nodes;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>
/// Lets each node's newest word through: reports of an earlier life of the node, and reports that were overtaken, stop here. What membership knows of a node's
/// life counts also when this activation has not heard of it yet.
/// </summary>
internal sealed class RouteFence(IClusterMembershipService membership)
{
    private readonly Dictionary<string, (long Epoch, long Sequence)> _newest = new(StringComparer.Ordinal);

    public bool Admits(RouteReport report)
    {
        if (_newest.TryGetValue(report.NodeId, out var newest) && newest.CompareTo((report.Epoch, report.Sequence)) > 0)
            return false;
        if (membership.CurrentSnapshot.Members.Values.Any(m => m.Name == report.NodeId && m.Status == SiloStatus.Active && m.SiloAddress.Generation > report.Epoch))
            return false;
        _newest[report.NodeId] = (report.Epoch, report.Sequence);
        return true;
    }
}
