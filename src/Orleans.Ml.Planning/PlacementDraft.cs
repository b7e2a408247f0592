namespace Orleans.Ml.Planning;

/// <summary>
/// A placement being made: how many allocations of each deployment are on each node, what that leaves, and how good it is, all kept up to date with every
/// change. Changes can be rolled back. Mutable, and private to one planning.
/// </summary>
internal sealed class PlacementDraft
{
    private readonly PlacementProblem _problem;
    private readonly int _nodes;
    private readonly int[] _allocations;
    private readonly int[] _freeProcessors;
    private readonly long[] _freeMemoryBytes;
    private readonly int[] _total;
    private readonly int[] _inZone;
    private readonly int[] _fullestZone;
    private readonly List<(int Deployment, int Node, int Change)> _changes = [];
    private int _takenAway;
    private int _idle;
    private long _missing;
    private long _zoneLoss;
    private int _pairs;
    private int _lowEvicted;
    private int _moved;

    /// <summary>Begins with what runs already.</summary>
    public PlacementDraft(PlacementProblem problem)
    {
        _problem = problem;
        _nodes = problem.Nodes.Count;
        var demands = problem.Demands;
        _allocations = new int[demands.Length * _nodes];
        _freeProcessors = [.. problem.Nodes.Select(n => n.Processors)];
        _freeMemoryBytes = [.. problem.MemoryBytes];
        _total = new int[demands.Length];
        _inZone = new int[demands.Length * problem.ZoneCount];
        _fullestZone = new int[demands.Length];
        _lowEvicted = Enumerable.Range(0, _nodes).Sum(n => problem.LowEvicted(n, _freeMemoryBytes[n]));
        _takenAway = _moved = demands.Sum(d => d.Guaranteed);
        _idle = demands.Count(d => d.MustRun);
        _missing = demands.Sum(d => (long)d.Limit);
        for (var d = 0; d < demands.Length; d++)
        {
            for (var n = 0; n < _nodes; n++)
            {
                if (demands[d].Survivors[n] > 0)
                    Change(d, n, demands[d].Survivors[n]);
            }
        }

        Accept();
    }

    public PlacementScore Score => _problem.IsAfterLoss
        ? new(_idle, _takenAway, _missing, _zoneLoss, _pairs, _lowEvicted, _moved)
        : new(_takenAway, _idle, _missing, _zoneLoss, _pairs, _lowEvicted, _moved);

    public int AllocationsOf(int deployment, int node) => _allocations[(deployment * _nodes) + node];

    public int TotalOf(int deployment) => _total[deployment];

    public int MissingOf(int deployment) => _problem.Demands[deployment].Limit - _total[deployment];

    public int InZoneOf(int deployment, int node) => _inZone[(deployment * _problem.ZoneCount) + _problem.Zone[node]];

    public int FreeProcessors(int node) => _freeProcessors[node];

    public long FreeMemoryBytes(int node) => _freeMemoryBytes[node];

    /// <summary>How many allocations can leave the node: all that a running deployment does not need to stay on it.</summary>
    public int SurplusOf(int deployment, int node) =>
        AllocationsOf(deployment, node) - Math.Min(1, _problem.Demands[deployment].Survivors[node]);

    /// <summary>How many more fit, at most <paramref name="wanted"/>.</summary>
    public int RoomFor(int deployment, int node, int wanted)
    {
        var demand = _problem.Demands[deployment];
        return _freeProcessors[node] < demand.Threads ? 0 : demand.RoomFor(wanted, AllocationsOf(deployment, node), _freeProcessors[node], _freeMemoryBytes[node]);
    }

    public void Change(int deployment, int node, int change)
    {
        _changes.Add((deployment, node, change));
        Apply(deployment, node, change);
    }

    /// <summary>What was changed so far stays.</summary>
    public void Accept() => _changes.Clear();

    /// <summary>Undoes every change since the last <see cref="Accept"/>.</summary>
    public void RollBack()
    {
        for (var i = _changes.Count - 1; i >= 0; i--)
            Apply(_changes[i].Deployment, _changes[i].Node, -_changes[i].Change);
        _changes.Clear();
    }

    public void SaveTo(int[] saved) => _allocations.CopyTo(saved, 0);

    public int[] Save() => [.. _allocations];

    /// <summary>Goes back to a saved state; this cannot be rolled back.</summary>
    public void Restore(int[] saved)
    {
        // Everything leaves before anything comes: no node is ever over its room, not even on the way.
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < saved.Length; i++)
            {
                var change = saved[i] - _allocations[i];
                if (pass == 0 ? change < 0 : change > 0)
                    Apply(i / _nodes, i % _nodes, change);
            }
        }

        _changes.Clear();
    }

    private void Apply(int deployment, int node, int change)
    {
        var demand = _problem.Demands[deployment];
        var before = AllocationsOf(deployment, node);
        var after = before + change;
        _allocations[(deployment * _nodes) + node] = after;
        _freeProcessors[node] -= change * demand.Threads;
        _lowEvicted -= _problem.LowEvicted(node, _freeMemoryBytes[node]);
        _freeMemoryBytes[node] -= demand.MemoryBytes(after) - demand.MemoryBytes(before);
        _lowEvicted += _problem.LowEvicted(node, _freeMemoryBytes[node]);

        var total = _total[deployment];
        _total[deployment] = total + change;
        _missing -= change;
        _takenAway += Math.Max(0, demand.Guaranteed - total - change) - Math.Max(0, demand.Guaranteed - total);
        _moved += Math.Max(0, demand.Survivors[node] - after) - Math.Max(0, demand.Survivors[node] - before);
        if (demand.MustRun)
            _idle += (total + change == 0 ? 1 : 0) - (total == 0 ? 1 : 0);
        _pairs += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
        CountZone(deployment, node, change);
    }

    private void CountZone(int deployment, int node, int change)
    {
        var zones = _inZone.AsSpan(deployment * _problem.ZoneCount, _problem.ZoneCount);
        zones[_problem.Zone[node]] += change;
        var fullest = 0;
        foreach (var count in zones)
            fullest = Math.Max(fullest, count);
        _zoneLoss += fullest - _fullestZone[deployment];
        _fullestZone[deployment] = fullest;
    }
}
