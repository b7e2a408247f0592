using System.Collections.Immutable;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Planning;

/// <summary>
/// Nodes that are about to stop. What they hold is not counted, so that others take over at once, and stays in the plan, so that they serve it until they are gone.
/// </summary>
internal sealed class LeavingNodes
{
    private readonly HashSet<string> _leaving;
    private readonly HashSet<string> _staying;

    /// <param name="nodes">Nodes that answer.</param>
    /// <param name="unreachable">Members that do not.</param>
    public LeavingNodes(IReadOnlyCollection<NodeSnapshot> nodes, IEnumerable<string> unreachable)
    {
        _leaving = nodes.Where(n => n.IsLeaving).Select(n => n.NodeId).ToHashSet(StringComparer.Ordinal);
        _staying = nodes.Where(n => n.TakesAllocations).Select(n => n.NodeId).Concat(unreachable).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Takes away what a deployment has too much on the nodes that stay: a node that has left took more than what it asked for with it, once others had taken over.</summary>
    public PlannedDeployment Reduce(PlannedDeployment deployment, IReadOnlyCollection<NodeSnapshot> staying)
    {
        var gone = deployment.Allocations.RemoveAll(a => _staying.Contains(a.NodeId));
        if (gone.IsEmpty)
            return AllocationReduction.Apply(deployment, staying);
        var counted = deployment with { Allocations = deployment.Allocations.RemoveAll(a => !_staying.Contains(a.NodeId)) };
        var reduced = AllocationReduction.Apply(counted, staying);
        return ReferenceEquals(counted, reduced) ? deployment : With(reduced, gone);
    }

    /// <summary>Gives back to a planned deployment what leaving nodes held of it before.</summary>
    public PlannedDeployment Keep(PlannedDeployment before, PlannedDeployment planned)
    {
        if (_leaving.Count == 0)
            return planned;
        var held = before.Allocations.RemoveAll(a => !_leaving.Contains(a.NodeId));
        return held.IsEmpty ? planned : With(planned, held);
    }

    private static PlannedDeployment With(PlannedDeployment deployment, ImmutableArray<NodeAllocations> more) => deployment with
    {
        Allocations = [.. deployment.Allocations.Concat(more).OrderBy(a => a.NodeId, StringComparer.Ordinal)],
    };
}
