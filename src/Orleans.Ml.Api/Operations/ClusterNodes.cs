using Orleans.Ml.Api.Errors;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>The nodes that are alive.</summary>
internal sealed class ClusterNodes(IGrainFactory grains, TimeProvider time)
{
    // Who takes longer is left out: this is asked by people who wait.
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Those that may get allocations, by id.</summary>
    public async Task<IReadOnlyList<NodeSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var table = await grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).PollAsync(default, TimeSpan.Zero, cancellationToken);
        var nodes = await Task.WhenAll(table.LiveNodes.Select(n => DescribeAsync(n.NodeId)));
        return [.. nodes.OfType<NodeSnapshot>().Where(n => n.Roles.HasFlag(NodeRoles.Compute)).OrderBy(n => n.NodeId, StringComparer.Ordinal)];
    }

    private async Task<NodeSnapshot?> DescribeAsync(string nodeId)
    {
        try
        {
            return await grains.GetGrain<INodeGrain>(nodeId).DescribeAsync().WaitAsync(NodeTimeout, time);
        }
        catch (Exception failure) when (ElasticErrors.IsUnavailable(failure))
        {
            return null;
        }
    }
}
