using Google.OrTools.Sat;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Planning.Tests;

/// <summary>
/// The judge: the constraints and goals of the planner as an integer program, solved goal by goal. It shares no code with the planner beyond the estimate of
/// memory and what a shrunk node keeps.
/// </summary>
internal sealed class ExactPlanner
{
    private const long Megabyte = 1024 * 1024;
    private const double SecondsPerNodeGoal = 5;
    private readonly CpModel _model = new();
    private readonly PlacementQuality _planned;
    private readonly RandomCluster _cluster;
    private readonly List<NormalDeployment> _deployments;
    private readonly Dictionary<(int Deployment, int Node), (IntVar Count, BoolVar Hosts)> _variables = [];
    private bool _isProven = true;
    private long _found;

    public ExactPlanner(RandomCluster cluster, List<NormalDeployment> deployments, PlacementQuality planned, Func<int, int, int> plannedOn)
    {
        (_cluster, _deployments, _planned) = (cluster, deployments, planned);
        for (var d = 0; d < deployments.Count; d++)
        {
            for (var n = 0; n < cluster.Nodes.Length; n++)
                AddPair(d, n, plannedOn(d, n));
        }

        for (var n = 0; n < cluster.Nodes.Length; n++)
            AddNode(n);
        for (var d = 0; d < deployments.Count; d++)
            _model.Add(Total(d) <= Math.Max(deployments[d].Limit, deployments[d].Guaranteed));
    }

    /// <summary>Whether every goal that says how much runs was solved to the end.</summary>
    public bool IsProven { get; private set; } = true;

    /// <summary>Allocations of the best placement that the solver has seen; its answer is a bound when it is not proven.</summary>
    public long PlacedBySolver { get; private set; }

    /// <summary>Solves goal after goal. Goals that the solver could not finish in time are answered by its bound.</summary>
    /// <param name="secondsPerGoal">For each of the goals that say how much runs.</param>
    /// <param name="includesNodes">Whether also the goals that say where, each for at most 5 s.</param>
    public PlacementQuality Solve(double secondsPerGoal, bool includesNodes)
    {
        PlacedBySolver = _planned.Placed;
        var served = LinearExpr.Sum(Enumerable.Range(0, _deployments.Count).Where(d => _deployments[d].MustRun).Select(d => Bool(Total(d))));
        var kept = LinearExpr.Sum(Enumerable.Range(0, _deployments.Count).Select(d => Kept(d)));
        var guaranteed = _deployments.Sum(d => d.Guaranteed);
        var mustRun = _deployments.Count(d => d.MustRun);
        long idle, takenAway;
        if (_planned.IsAfterLoss)
        {
            idle = mustRun - Maximise(served, mustRun, mustRun - _planned.Idle, secondsPerGoal);
            takenAway = guaranteed - Maximise(kept, guaranteed, guaranteed - _planned.TakenAway, secondsPerGoal);
        }
        else
        {
            takenAway = guaranteed - Maximise(kept, guaranteed, guaranteed, secondsPerGoal);
            idle = mustRun - Maximise(served, mustRun, mustRun - _planned.Idle, secondsPerGoal);
        }

        if (idle < _planned.Idle || takenAway < _planned.TakenAway)
            return _planned with { Idle = idle, TakenAway = takenAway };
        var all = LinearExpr.Sum(_variables.Values.Select(v => v.Count));
        var placed = Maximise(all, _deployments.Sum(d => (long)Math.Max(d.Limit, d.Guaranteed)), _planned.Placed, secondsPerGoal);
        (IsProven, PlacedBySolver) = (_isProven, _found);
        if (!includesNodes || placed > _planned.Placed)
            return _planned with { Placed = placed };
        var zones = _cluster.Nodes.Select(n => n.Zone).Distinct().ToList();
        var zoneLoss = zones.Count < 2 ? placed : -Maximise(-LinearExpr.Sum(Enumerable.Range(0, _deployments.Count).Select(d => FullestZone(d, zones))),
            -((placed + zones.Count - 1) / zones.Count), -_planned.ZoneLoss, SecondsPerNodeGoal);
        if (zoneLoss < _planned.ZoneLoss)
            return _planned with { ZoneLoss = zoneLoss };
        return _planned with { Pairs = -Maximise(-LinearExpr.Sum(_variables.Values.Select(v => v.Hosts)), 0, -_planned.Pairs, SecondsPerNodeGoal) };
    }

    private void AddPair(int d, int n, int planned)
    {
        var deployment = _deployments[d];
        var most = Math.Max(deployment.Survivors[n], Math.Min(deployment.Limit, _cluster.Nodes[n].Processors / deployment.Parameters.ThreadsPerAllocation));
        var count = _model.NewIntVar(Math.Min(1, deployment.Survivors[n]), most, $"x{d},{n}");
        var hosts = _model.NewBoolVar($"y{d},{n}");
        _model.Add(count <= most * hosts);
        _model.Add(count >= hosts);
        _model.AddHint(count, planned);
        _variables[(d, n)] = (count, hosts);
    }

    private void AddNode(int n)
    {
        var node = _cluster.Nodes[n];
        _model.Add(LinearExpr.Sum(Enumerable.Range(0, _deployments.Count).Select(d => _variables[(d, n)].Count * _deployments[d].Parameters.ThreadsPerAllocation)) <= node.Processors);
        var room = (node.MemoryBytes / Megabyte) - (MemoryEstimate.NodeOverheadBytes / Megabyte);
        _model.Add(LinearExpr.Sum(Enumerable.Range(0, _deployments.Count).Select(d => MemoryOf(d, n))) <= Math.Max(0, room));
    }

    /// <summary>The estimate is the larger of two straight lines; the program is free to choose a memory above both.</summary>
    private IntVar MemoryOf(int d, int n)
    {
        var (count, hosts) = _variables[(d, n)];
        var memory = _model.NewIntVar(0, 1_000_000_000, $"m{d},{n}");
        _model.Add(memory >= Estimate(d, 1) * hosts);
        const int Many = 1000;
        var slope = _deployments[d].Parameters.PerAllocationMemoryBytes / Megabyte;
        if (slope > 0)
            _model.Add(memory >= ((Estimate(d, Many) - (Many * slope)) * hosts) + (slope * count));
        return memory;
    }

    private long Estimate(int d, int allocations) => MemoryEstimate.Bytes(_deployments[d].Parameters, allocations) / Megabyte;

    private LinearExpr Total(int d) => LinearExpr.Sum(Enumerable.Range(0, _cluster.Nodes.Length).Select(n => _variables[(d, n)].Count));

    private BoolVar Bool(LinearExpr total)
    {
        var isServed = _model.NewBoolVar("served");
        _model.Add(total >= isServed);
        return isServed;
    }

    private IntVar Kept(int d)
    {
        var kept = _model.NewIntVar(0, _deployments[d].Guaranteed, $"kept{d}");
        _model.Add(kept <= Total(d));
        return kept;
    }

    private IntVar FullestZone(int d, List<string> zones)
    {
        var fullest = _model.NewIntVar(0, 100_000, $"zone{d}");
        foreach (var zone in zones)
        {
            var inZone = Enumerable.Range(0, _cluster.Nodes.Length).Where(n => _cluster.Nodes[n].Zone == zone).Select(n => _variables[(d, n)].Count);
            _model.Add(fullest >= LinearExpr.Sum(inZone));
        }

        return fullest;
    }

    /// <summary>The best value, which later goals must then keep. No search when what the planner reached cannot be topped.</summary>
    private long Maximise(LinearExpr goal, long most, long reached, double seconds)
    {
        _model.Add(goal >= reached);
        _found = reached;
        if (reached >= most)
            return most;
        _model.Maximize(goal);
        var solver = new CpSolver { StringParameters = FormattableString.Invariant($"num_workers:1 random_seed:1 max_time_in_seconds:{seconds}") };
        var status = solver.Solve(_model);
        if (status is CpSolverStatus.Infeasible or CpSolverStatus.ModelInvalid)
            throw new InvalidOperationException($"Seed {_cluster.Seed}: the solver calls the planner's own placement {status}");
        _isProven &= status == CpSolverStatus.Optimal;
        if (status is CpSolverStatus.Optimal or CpSolverStatus.Feasible)
            _found = (long)Math.Round(solver.ObjectiveValue);
        return (long)Math.Round(status == CpSolverStatus.Optimal ? solver.ObjectiveValue : solver.BestObjectiveBound);
    }
}
