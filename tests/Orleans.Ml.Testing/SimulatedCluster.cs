using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Testing;

/// <summary>A planner, as the coordinator calls it.</summary>
public delegate PlannedDeployments Planner(IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable);

/// <summary>What happened to the cluster, and what became of the plan.</summary>
/// <param name="Event">In words.</param>
/// <param name="Nodes">Nodes that answer.</param>
/// <param name="Unreachable">Nodes that do not, but are members.</param>
/// <param name="Asked">What was planned.</param>
/// <param name="Planned">What the planner made of it.</param>
/// <param name="IsAsked">Whether somebody asked for it by a start, stop or update; otherwise a node came, went or changed.</param>
public sealed record SimulatedStep(
    string Event, ImmutableArray<NodeSnapshot> Nodes, IReadOnlySet<string> Unreachable, PlannedDeployments Asked, PlannedDeployments Planned, bool IsAsked);

/// <summary>
/// A cluster that lives: nodes join, leave, fall silent, answer again and come back with other room, deployments start, stop, grow and shrink, all by chance and repeatable.
/// Each event is planned as the coordinator would, and a start that does not fit is refused and forgotten.
/// </summary>
public sealed class SimulatedCluster(int seed, Planner planner)
{
    private const long Megabyte = 1024 * 1024;
    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, NodeSnapshot> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _silent = new(StringComparer.Ordinal);
    private PlannedDeployments _plan = ClusterPlan.Empty.Deployments;
    private int _names;

    /// <summary>Lets one thing happen.</summary>
    public SimulatedStep Step()
    {
        var chance = _random.Next(100);
        var what = chance switch
        {
            < 12 => Join(),
            < 18 => Leave(),
            < 23 => FallSilent(),
            < 30 => Answer(),
            < 34 => Resize(),
            < 65 => "",
            < 75 => Stop(),
            < 80 => Forget(),
            _ => Update(),
        };
        return chance is >= 34 and < 65 ? Start() : Plan(what, _plan, isAsked: chance >= 65);
    }

    private SimulatedStep Plan(string what, PlannedDeployments asked, bool isAsked)
    {
        var silent = _silent.ToImmutableHashSet(StringComparer.Ordinal);
        ImmutableArray<NodeSnapshot> answering = [.. _nodes.Values.Where(n => !silent.Contains(n.NodeId))];
        _plan = planner(answering, asked, silent);
        return new(what, answering, silent, asked, _plan, isAsked);
    }

    private SimulatedStep Start()
    {
        var before = _plan;
        var deployment = Deployment($"d{_names++:000}");
        var id = deployment.Parameters.DeploymentId;
        var step = Plan($"start {id}", before.Add(id, deployment), isAsked: true);
        if (_plan[id].TotalAllocations < deployment.Parameters.NumberOfAllocations)
            _plan = before;
        return step;
    }

    private string Join()
    {
        var node = Node($"n{_names++:000}");
        _nodes[node.NodeId] = node;
        return $"{node.NodeId} joins";
    }

    private string Leave() => OfSomeNode("leaves", id =>
    {
        _nodes.Remove(id);
        _silent.Remove(id);
    });

    private string FallSilent() => OfSomeNode("falls silent", id => _silent.Add(id));

    private string Answer() => OfSomeNode("answers", id => _silent.Remove(id));

    private string Resize() => OfSomeNode("comes back with other room", id => _nodes[id] = Node(id) with { Epoch = _nodes[id].Epoch + 1 });

    private string Stop() => OfSomeDeployment("stops", d => d with { Stop = StopMode.Drain });

    private string Update() => OfSomeDeployment("is updated", d => d.Parameters.Priority == Priority.Low || d.Stop != StopMode.None
        ? d
        : d with { Parameters = d.Parameters with { NumberOfAllocations = _random.Next(0, 13) } });

    /// <summary>A deployment that was being stopped is gone.</summary>
    private string Forget()
    {
        _plan = _plan.RemoveRange([.. _plan.Where(d => d.Value.Stop != StopMode.None).Select(d => d.Key)]);
        return "stopped deployments are gone";
    }

    private string OfSomeNode(string what, Action<string> change)
    {
        if (_nodes.Count == 0)
            return "nothing";
        var id = _nodes.Keys.ElementAt(_random.Next(_nodes.Count));
        change(id);
        return $"{id} {what}";
    }

    private string OfSomeDeployment(string what, Func<PlannedDeployment, PlannedDeployment> change)
    {
        if (_plan.IsEmpty)
            return "nothing";
        var id = _plan.Keys.ElementAt(_random.Next(_plan.Count));
        _plan = _plan.SetItem(id, change(_plan[id]));
        return $"{id} {what}";
    }

    private NodeSnapshot Node(string id) =>
        new(id, 1, _random.Next(0, 17), Megabyte * _random.Next(300, 4000), Zone: seed % 2 == 0 ? "" : $"z{_random.Next(3)}");

    private PlannedDeployment Deployment(string id)
    {
        var isLow = _random.Next(4) == 0;
        var modelBytes = _random.Next(1, 300) * Megabyte;
        var perAllocation = _random.Next(3) == 0 ? _random.Next(100) * Megabyte : 0;
        return new(
            new(id, id, "1", modelBytes, isLow ? 1 : _random.Next(1, 9), isLow ? 1 : 1 << _random.Next(4), 1024, modelBytes, "",
                isLow ? Priority.Low : Priority.Normal, perAllocation, perAllocation, "text_field"),
            1, DateTimeOffset.UnixEpoch, [], null);
    }
}
