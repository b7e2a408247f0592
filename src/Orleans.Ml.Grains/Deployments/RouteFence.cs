using Orleans.Ml.Nodes;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>Lets each node's newest word through: reports of an earlier life of the node, and reports that were overtaken, stop here.</summary>
internal sealed class RouteFence
{
    private readonly Dictionary<string, (long Epoch, long Sequence)> _newest = new(StringComparer.Ordinal);

    public bool Admits(RouteReport report)
    {
        if (_newest.TryGetValue(report.NodeId, out var newest) && newest.CompareTo((report.Epoch, report.Sequence)) > 0)
            return false;
        _newest[report.NodeId] = (report.Epoch, report.Sequence);
        return true;
    }
}
