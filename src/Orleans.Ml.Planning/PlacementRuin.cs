using System.Runtime.InteropServices;

namespace Orleans.Ml.Planning;

/// <summary>Takes away allocations that may move, so that the room can be filled differently.</summary>
internal sealed class PlacementRuin(PlacementProblem problem, PlacementDraft draft, SearchRandom random)
{
    private readonly List<int> _nodes = [];

    /// <summary>Nodes that have new room, at least one.</summary>
    public ReadOnlySpan<int> Nodes => CollectionsMarshal.AsSpan(_nodes);

    /// <summary>Whether a deployment lost allocations, by index.</summary>
    public bool[] IsRuined { get; } = new bool[problem.Demands.Length];

    /// <summary>Empties a few nodes or takes away a few deployments, wholly or in part.</summary>
    public void TakeSome()
    {
        Array.Clear(IsRuined);
        _nodes.Clear();
        var takesAll = random.Happens(500);
        if (random.Happens(700))
            TakeNodes(takesAll);
        else
            TakeDeployments(takesAll);
        if (_nodes.Count == 0)
            _nodes.Add(random.Next(problem.Nodes.Count));
    }

    /// <summary>Takes away everything but the one allocation that each deployment keeps on each of its nodes.</summary>
    public void TakeAll()
    {
        for (var d = 0; d < problem.Demands.Length; d++)
        {
            for (var n = 0; n < problem.Nodes.Count; n++)
                Take(d, n, takesAll: true);
        }
    }

    private void TakeNodes(bool takesAll)
    {
        for (var left = 1 + random.Next(Math.Min(random.Happens(250) ? 8 : 4, problem.Nodes.Count)); left > 0; left--)
        {
            var n = random.Next(problem.Nodes.Count);
            for (var d = 0; d < problem.Demands.Length; d++)
                Take(d, n, takesAll);
            Mark(n);
        }
    }

    private void TakeDeployments(bool takesAll)
    {
        for (var left = 1 + random.Next(Math.Min(4, problem.Demands.Length)); left > 0; left--)
        {
            var d = random.Next(problem.Demands.Length);
            for (var n = 0; n < problem.Nodes.Count; n++)
            {
                if (Take(d, n, takesAll))
                    Mark(n);
            }
        }
    }

    private bool Take(int deployment, int node, bool takesAll)
    {
        var surplus = draft.SurplusOf(deployment, node);
        if (surplus == 0 || (!takesAll && random.Happens(500)))
            return false;
        draft.Change(deployment, node, -(takesAll ? surplus : 1 + random.Next(surplus)));
        IsRuined[deployment] = true;
        return true;
    }

    private void Mark(int node)
    {
        if (!_nodes.Contains(node))
            _nodes.Add(node);
    }
}
