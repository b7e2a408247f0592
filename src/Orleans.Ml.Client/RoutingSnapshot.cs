using System.Collections.Frozen;
using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Client;

/// <summary>The routing table at one moment, ready to be read without a lock. Immutable but for the load its routes count.</summary>
internal sealed class RoutingSnapshot
{
    private readonly FrozenDictionary<string, RoutedDeployment> _byDeployment;
    private readonly FrozenDictionary<string, ImmutableArray<RoutedDeployment>> _byModel;

    private RoutingSnapshot(IEnumerable<RoutedDeployment> deployments, RoutingVersion version, ImmutableDictionary<string, NodeLife> nodes)
    {
        Version = version;
        Nodes = nodes;
        _byDeployment = deployments.ToFrozenDictionary(d => d.Assignment.TaskParameters.DeploymentId, StringComparer.Ordinal);
        _byModel = _byDeployment.Values
            .GroupBy(d => d.Assignment.TaskParameters.ModelId, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.ToImmutableArray(), StringComparer.Ordinal);
    }

    public static RoutingSnapshot Empty { get; } = new([], default, ImmutableDictionary.Create<string, NodeLife>(StringComparer.Ordinal));

    /// <summary>The table this was made of.</summary>
    public RoutingVersion Version { get; }

    /// <summary>Nodes that are alive; empty while nothing is known of them.</summary>
    public ImmutableDictionary<string, NodeLife> Nodes { get; }

    public RoutedDeployment? Deployment(string deploymentId) => _byDeployment.GetValueOrDefault(deploymentId);

    /// <summary>The deployment that answers for an id: its own, or of the model's deployments one that is furthest along, random among equals.</summary>
    public RoutedDeployment? Find(string id, Random random)
    {
        if (_byDeployment.TryGetValue(id, out var deployment))
            return deployment;
        if (!_byModel.TryGetValue(id, out var candidates))
            return null;
        var best = candidates.Min(Rank);
        var equals = candidates.RemoveAll(c => Rank(c) != best);
        return equals[random.Next(equals.Length)];
    }

    /// <summary>
    /// Takes in a table. Each deployment is taken only if it is newer than what is known; one disappears only when a complete table that is newer than it lacks
    /// it, so that a table rebuilt from nothing takes nobody's routes away.
    /// </summary>
    public RoutingSnapshot Merge(RoutingTable table, IGrainFactory grains)
    {
        var told = table.Deployments.ToDictionary(a => a.TaskParameters.DeploymentId, StringComparer.Ordinal);
        var kept = _byDeployment.Values
            .Where(d => !told.ContainsKey(d.Assignment.TaskParameters.DeploymentId))
            .Where(d => !table.IsComplete || table.PlanVersion < d.Assignment.Version.Plan)
            .Select(d => d.Assignment);
        var merged = told.Values.Select(a => Newer(Deployment(a.TaskParameters.DeploymentId)?.Assignment, a)).Concat(kept);
        return With(merged, table.Version, After(table.LiveNodes), grains);
    }

    /// <summary>Takes in who is alive. An empty list says nothing: it is that of somebody who does not know yet.</summary>
    public RoutingSnapshot Merge(ImmutableArray<LiveNode> nodes, IGrainFactory grains) =>
        With(_byDeployment.Values.Select(d => d.Assignment), Version, After(nodes), grains);

    private static Assignment Newer(Assignment? known, Assignment told) => known is not null && known.Version > told.Version ? known : told;

    private RoutingSnapshot With(IEnumerable<Assignment> assignments, RoutingVersion version, ImmutableDictionary<string, NodeLife> nodes, IGrainFactory grains) =>
        new(assignments.Select(a => Route(a, nodes, grains)), version, nodes);

    /// <summary>A node that lives on keeps its life; of two lives of one name the later counts.</summary>
    private ImmutableDictionary<string, NodeLife> After(ImmutableArray<LiveNode> nodes)
    {
        if (nodes.IsEmpty)
            return Nodes;
        var after = Nodes.Clear().ToBuilder();
        foreach (var node in nodes.OrderBy(n => n.Epoch))
            after[node.NodeId] = Nodes.GetValueOrDefault(node.NodeId) is { } known && known.Epoch == node.Epoch ? known : new NodeLife(node.Epoch);
        return after.ToImmutable();
    }

    private RoutedDeployment Route(Assignment assignment, ImmutableDictionary<string, NodeLife> nodes, IGrainFactory grains)
    {
        var known = Deployment(assignment.TaskParameters.DeploymentId);
        var usable = assignment.RoutingTable.Where(r => nodes.IsEmpty || nodes.ContainsKey(r.Key)).ToList();
        var started = usable.FindAll(r => r.Value.IsRoutable);
        var chosen = started.Count > 0 ? started : usable.FindAll(r => r.Value.State == RoutingState.Stopping);
        return new(assignment,
        [
            .. chosen.Select(r => new RoutedNode(
                r.Key,
                r.Value,
                grains.GetGrain<IInferenceGrain>(NodeKey.Of(r.Key, assignment.TaskParameters.DeploymentId)),
                known?.Routes.FirstOrDefault(k => k.NodeId == r.Key)?.Load ?? new RouteLoad(),
                nodes.GetValueOrDefault(r.Key)?.Gone ?? CancellationToken.None)),
        ]);
    }

    private static int Rank(RoutedDeployment deployment) => deployment.Assignment.State switch
    {
        AssignmentState.Started => 0,
        AssignmentState.Starting => 1,
        AssignmentState.Stopping => 2,
        _ => 3,
    };
}
