namespace Orleans.Ml.Planning;

/// <summary>
/// Puts missing allocations on nodes, one deployment after the other: first those that would otherwise lose or end with nothing, then all others in the order of the
/// strategy. Ties go to the lower deployment id and the lower node id.
/// </summary>
internal sealed class PlacementFill(PlacementProblem problem, PlacementDraft draft, SearchRandom random)
{
    private readonly int[] _order = new int[problem.Demands.Length];
    private readonly double[] _keys = new double[problem.Demands.Length];
    private readonly double _largestMemoryBytes = problem.Demands.Length == 0 ? 1 : problem.Demands.Max(d => (double)d.MemoryBytes(1));

    /// <summary>Nodes looked at since the beginning: the measure of work, which unlike time is the same on every machine.</summary>
    public long Work { get; private set; }

    /// <summary>Fills.</summary>
    /// <param name="strategy">Order of deployments and choice of nodes.</param>
    /// <param name="nodes">Nodes that have room now; empty for all.</param>
    /// <param name="isAnywhere">Whether a deployment may go to any node; null for none beyond <paramref name="nodes"/>.</param>
    public void Run(FillStrategy strategy, ReadOnlySpan<int> nodes, bool[]? isAnywhere)
    {
        var order = Order(strategy);
        foreach (var takesFromOthers in problem.IsAfterLoss ? [false, true] : (ReadOnlySpan<bool>)[true, false])
        {
            foreach (var d in order)
            {
                var demand = problem.Demands[d];
                var wanted = takesFromOthers ? demand.Guaranteed - draft.TotalOf(d) : demand.MustRun && draft.TotalOf(d) == 0 ? 1 : 0;
                Place(d, wanted, strategy, nodes, isAnywhere);
            }
        }

        foreach (var d in order)
            Place(d, draft.MissingOf(d), strategy, nodes, isAnywhere);
    }

    private Span<int> Order(FillStrategy strategy)
    {
        var count = 0;
        Work += 1 + (_order.Length / 8);
        for (var d = 0; d < _order.Length; d++)
        {
            if (draft.MissingOf(d) <= 0)
                continue;
            _order[count] = d;
            // The small addend breaks ties by id, so that no sort decides.
            _keys[count++] = strategy.KeyOf(problem.Demands[d], draft.MissingOf(d), _largestMemoryBytes, random) + (d * 1e-9);
        }

        _keys.AsSpan(0, count).Sort(_order.AsSpan(0, count));
        return _order.AsSpan(0, count);
    }

    private void Place(int deployment, int wanted, FillStrategy strategy, ReadOnlySpan<int> nodes, bool[]? isAnywhere)
    {
        var all = nodes.IsEmpty || (isAnywhere?[deployment] ?? false);
        var candidates = all ? problem.Nodes.Count : nodes.Length;
        while (wanted > 0)
        {
            var best = -1;
            var bestFit = default(NodeFit);
            var bestRoom = 0;
            Work += candidates;
            for (var i = 0; i < candidates; i++)
            {
                var n = all ? i : nodes[i];
                var room = draft.RoomFor(deployment, n, wanted);
                if (room == 0 || strategy.Overlooks(random))
                    continue;
                var fit = strategy.FitOf(problem, draft, deployment, n, room, random);
                if (best >= 0 && !fit.IsBetterThan(bestFit))
                    continue;
                (best, bestFit, bestRoom) = (n, fit, room);
            }

            if (best < 0)
                return;
            var count = problem.ZoneCount > 1 && strategy.BalancesZones ? 1 : bestRoom;
            draft.Change(deployment, best, count);
            wanted -= count;
        }
    }
}
