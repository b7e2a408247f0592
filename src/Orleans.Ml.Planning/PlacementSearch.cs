using System.Runtime.InteropServices;

namespace Orleans.Ml.Planning;

/// <summary>
/// Looks for the best placement: fills in several ways, then again and again empties a few nodes or deployments and fills the room differently, keeping what is
/// better (ruin and recreate: Schrimpf et al. 2000; nodes overlooked by chance: Christiaens and Vanden Berghe 2020). Of equally good placements the first found stays, and
/// the first tried is the one that moves nothing.
/// </summary>
internal sealed class PlacementSearch
{
    private readonly PlacementProblem _problem;
    private readonly PlacementDraft _draft;
    private readonly SearchRandom _random = new(20260101);
    private readonly PlacementFill _fill;
    private readonly long _fewestMissing;
    private readonly int[] _best;
    private readonly bool[] _isRuined;
    private readonly List<int> _ruinedNodes = [];
    private PlacementScore _bestScore;

    private PlacementSearch(PlacementProblem problem)
    {
        _problem = problem;
        _draft = new(problem);
        _fill = new(problem, _draft, _random);
        _fewestMissing = AllocationBound.Missing(problem);
        _best = _draft.Save();
        _bestScore = _draft.Score;
        _isRuined = new bool[problem.Demands.Length];
    }

    /// <summary>The best placement found.</summary>
    public static PlacementDraft Best(PlacementProblem problem)
    {
        var search = new PlacementSearch(problem);
        if (problem.Demands.Length > 0 && problem.Nodes.Count > 0)
            search.Run();
        return search._draft;
    }

    private bool HasMost => _bestScore is { First: 0, Second: 0 } && _bestScore.Missing <= _fewestMissing;

    private void Run()
    {
        FillInSeveralWays();
        var budget = SearchBudget.Of(_problem);
        if (!HasMost)
            Search(budget.MostAllocations, balancesZonesThousandths: 300, isOnlyAboutAllocations: true);
        if (!IsPerfect())
            Search(budget.BestNodes, balancesZonesThousandths: 900, isOnlyAboutAllocations: false);
        _draft.Restore(_best);
    }

    private void FillInSeveralWays()
    {
        var start = _draft.Save();
        foreach (var startsAnew in new[] { false, true })
        {
            foreach (var balancesZones in _problem.ZoneCount > 1 ? new[] { true, false } : [true])
            {
                for (var order = FillOrder.FewestThreads; order < FillOrder.Random; order++)
                {
                    _draft.Restore(start);
                    if (startsAnew)
                        RuinAll();
                    _fill.Run(FillStrategy.Default with { Order = order, BalancesZones = balancesZones }, [], null);
                    Remember();
                    if (HasMost && IsPerfect())
                        return;
                }
            }
        }
    }

    private void Search(long work, int balancesZonesThousandths, bool isOnlyAboutAllocations)
    {
        var end = _fill.Work + work;
        _draft.Restore(_best);
        var current = _bestScore;
        while (_fill.Work < end)
        {
            Ruin();
            _fill.Run(FillStrategy.Draw(_random, balancesZonesThousandths), CollectionsMarshal.AsSpan(_ruinedNodes), _isRuined);
            var score = _draft.Score;
            if (isOnlyAboutAllocations ? IsWorthTrying(score, current) : score.CompareTo(current) <= 0)
            {
                current = score;
                _draft.Accept();
                if (Remember() && (isOnlyAboutAllocations ? HasMost : IsPerfect()))
                    return;
            }
            else
            {
                _draft.RollBack();
            }
        }
    }

    /// <summary>As good as the current one, or now and then a little worse, so that the search leaves a dead end.</summary>
    private bool IsWorthTrying(PlacementScore score, PlacementScore current) =>
        score.CompareAllocations(current) <= 0
        || (score.First == current.First && score.Second == current.Second && score.Missing <= _bestScore.Missing + 2 && _random.Happens(20));

    private bool Remember()
    {
        var score = _draft.Score;
        if (score.CompareTo(_bestScore) >= 0)
            return false;
        _bestScore = score;
        _draft.SaveTo(_best);
        return true;
    }

    /// <summary>Takes away allocations that may move, of a few nodes or of a few deployments.</summary>
    private void Ruin()
    {
        Array.Clear(_isRuined);
        _ruinedNodes.Clear();
        var takesAll = _random.Happens(500);
        if (_random.Happens(700))
        {
            for (var left = 1 + _random.Next(Math.Min(4, _problem.Nodes.Count)); left > 0; left--)
            {
                var n = _random.Next(_problem.Nodes.Count);
                for (var d = 0; d < _problem.Demands.Length; d++)
                    Take(d, n, takesAll);
                MarkRuined(n);
            }
        }
        else
        {
            for (var left = 1 + _random.Next(Math.Min(4, _problem.Demands.Length)); left > 0; left--)
            {
                var d = _random.Next(_problem.Demands.Length);
                for (var n = 0; n < _problem.Nodes.Count; n++)
                {
                    if (Take(d, n, takesAll))
                        MarkRuined(n);
                }
            }
        }

        if (_ruinedNodes.Count == 0)
            MarkRuined(_random.Next(_problem.Nodes.Count));
    }

    private void RuinAll()
    {
        for (var d = 0; d < _problem.Demands.Length; d++)
        {
            for (var n = 0; n < _problem.Nodes.Count; n++)
                Take(d, n, takesAll: true);
        }
    }

    private bool Take(int deployment, int node, bool takesAll)
    {
        var surplus = _draft.SurplusOf(deployment, node);
        if (surplus == 0 || (!takesAll && _random.Happens(500)))
            return false;
        _draft.Change(deployment, node, -(takesAll ? surplus : 1 + _random.Next(surplus)));
        _isRuined[deployment] = true;
        return true;
    }

    private void MarkRuined(int node)
    {
        if (!_ruinedNodes.Contains(node))
            _ruinedNodes.Add(node);
    }

    /// <summary>Whether no placement can be better: as many as can be, loads of models and zones at their least, and nothing evicted or moved.</summary>
    private bool IsPerfect()
    {
        if (!HasMost || _bestScore is not { LowEvicted: 0, Moved: 0 })
            return false;
        var nodes = _problem.Nodes.Count;
        var mostProcessors = _problem.Nodes.Max(n => n.Processors);
        var (pairs, zoneLoss) = (0L, 0L);
        for (var d = 0; d < _problem.Demands.Length; d++)
        {
            var total = 0;
            foreach (var count in _best.AsSpan(d * nodes, nodes))
                total += count;
            var perNode = Math.Max(1, mostProcessors / _problem.Demands[d].Threads);
            pairs += Math.Max(_problem.Demands[d].Survivors.Count(s => s > 0), (total + perNode - 1) / perNode);
            zoneLoss += (total + _problem.ZoneCount - 1) / _problem.ZoneCount;
        }

        return _bestScore.Pairs <= pairs && _bestScore.ZoneLoss <= zoneLoss;
    }
}
