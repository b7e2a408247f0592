using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>A node's part of a plan.</summary>
public static class NodeTargets
{
    /// <summary>Everything the node should run, in order of deployment id.</summary>
    public static NodeTarget For(NodeSnapshot node, ClusterPlan plan) => new(node.NodeId, node.Epoch, plan.Version,
    [
        .. plan.Deployments.Values
            .Where(d => d.AllocationsOn(node.NodeId) > 0)
            .Select(d => new DeploymentTarget(d.Parameters, d.Incarnation, d.AllocationsOn(node.NodeId), d.Stop)),
    ]);
}
