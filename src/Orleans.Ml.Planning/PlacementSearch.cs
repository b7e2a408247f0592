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
    private readonly PlacementRuin _ruin;
    private PlacementScore _bestScore;

    private PlacementSearch(PlacementProblem problem)
    {
        _problem = problem;
        _draft = new(problem);
        _fill = new(problem, _draft, _random);
        _fewestMissing = AllocationBound.Missing(problem);
        _best = _draft.Save();
        _bestScore = _draft.Score;
        _ruin = new(problem, _draft, _random);
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
        if (!HasMost)
            Search(SearchBudget.MostAllocations, balancesZonesThousandths: 300, isOnlyAboutAllocations: true);
        if (!IsPerfect())
            Search(SearchBudget.BestNodes, balancesZonesThousandths: 900, isOnlyAboutAllocations: false);

        // What chance overlooked to the last is still placed: nothing is missing while a node has room for it.
        _draft.Restore(_best);
        _fill.Run(FillStrategy.Default, [], null);
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
                        _ruin.TakeAll();
                    _fill.Run(FillStrategy.Default with { Order = order, BalancesZones = balancesZones }, [], null);
                    Remember();
                    if (HasMost && IsPerfect())
                        return;
                }
            }
        }
    }

    private void Search(SearchBudget budget, int balancesZonesThousandths, bool isOnlyAboutAllocations)
    {
        var last = _fill.Work + budget.MostWork;
        var end = _fill.Work + budget.PatienceWork;
        _draft.Restore(_best);
        var current = _bestScore;
        while (_fill.Work < end)
        {
            _ruin.TakeSome();
            _fill.Run(FillStrategy.Draw(_random, balancesZonesThousandths), _ruin.Nodes, _ruin.IsRuined);
            var score = _draft.Score;
            if (isOnlyAboutAllocations ? IsWorthTrying(score, current) : score.CompareTo(current) <= 0)
            {
                current = score;
                _draft.Accept();
                if (!Remember())
                    continue;
                if (isOnlyAboutAllocations ? HasMost : IsPerfect())
                    return;
                end = Math.Min(last, _fill.Work + budget.PatienceWork);
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
        || (score.First == current.First && score.Second == current.Second && score.Missing <= _bestScore.Missing + 3 && _random.Happens(100));

    private bool Remember()
    {
        var score = _draft.Score;
        if (score.CompareTo(_bestScore) >= 0)
            return false;
        _bestScore = score;
        _draft.SaveTo(_best);
        return true;
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
