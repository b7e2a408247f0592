using System.Collections.Immutable;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Nodes;

/// <summary>A node's door for the control path: a stateless façade pinned to the node whose name is its key.</summary>
[Alias("ml.INodeGrain")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>What the node is and which plan it has applied.</summary>
    [Alias("Describe")]
    Task<NodeSnapshot> DescribeAsync();

    /// <summary>Hands the node its whole target. It answers before anything is loaded; older plans and other epochs change nothing.</summary>
    [Alias("Apply")]
    Task<TargetDecision> ApplyAsync(NodeTarget target);

    /// <summary>Counters of the deployments on this node.</summary>
    [Alias("GetStats")]
    Task<NodeStats> GetStatsAsync(ImmutableArray<string> deploymentIds);
}
