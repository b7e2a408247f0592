namespace Orleans.Ml.Planning;

/// <summary>Which deployment is placed first.</summary>
internal enum FillOrder
{
    FewestThreads,
    MostThreads,
    LeastMemory,
    MostMemory,
    LeastMemoryPerAllocation,
    Random,
}

/// <summary>Which node is taken, after those that hold the model already.</summary>
internal enum NodeChoice
{
    /// <summary>The one with the fewest processors left over, then with the least free memory.</summary>
    Snuggest,

    /// <summary>The one with the most free memory.</summary>
    Roomiest,

    Random,
}

/// <summary>One way to fill nodes.</summary>
/// <param name="Order">Which deployment is placed first.</param>
/// <param name="Choice">Which node it goes to.</param>
/// <param name="BalancesZones">Whether each allocation goes to the zone that has the fewest, even if another node holds the model already.</param>
/// <param name="IsBlurred">Whether chance plays a part: some nodes are overlooked, and deployments that are nearly alike change places.</param>
internal readonly record struct FillStrategy(FillOrder Order, NodeChoice Choice, bool BalancesZones, bool IsBlurred)
{
    /// <summary>The one that is best on its own: small threads give the most allocations, and a snug fit keeps large gaps for those that need them.</summary>
    public static FillStrategy Default { get; } = new(FillOrder.FewestThreads, NodeChoice.Snuggest, BalancesZones: true, IsBlurred: false);

    public static FillStrategy Draw(SearchRandom random, int balancesZonesThousandths) =>
        new((FillOrder)random.Next(6), (NodeChoice)random.Next(3), random.Happens(balancesZonesThousandths), IsBlurred: true);

    /// <summary>Smaller is earlier.</summary>
    public double KeyOf(Demand demand, int missing, double largestMemoryBytes, SearchRandom random)
    {
        var memory = demand.MemoryBytes(1) / largestMemoryBytes;
        var key = Order switch
        {
            FillOrder.FewestThreads => demand.Threads + memory,
            FillOrder.MostThreads => -demand.Threads + memory,
            FillOrder.LeastMemory => memory,
            FillOrder.MostMemory => -memory,
            FillOrder.LeastMemoryPerAllocation => memory / missing,
            _ => random.Next(1 << 20),
        };
        return IsBlurred ? key * (0.8 + (random.Next(1 << 10) * (0.4 / (1 << 10)))) : key;
    }

    /// <summary>Whether a node is not looked at this time.</summary>
    public bool Overlooks(SearchRandom random) => IsBlurred && random.Happens(50);

    /// <summary>Smaller is better.</summary>
    public NodeFit FitOf(PlacementProblem problem, PlacementDraft draft, int deployment, int node, int room, SearchRandom random)
    {
        var demand = problem.Demands[deployment];
        var hosted = draft.AllocationsOf(deployment, node);
        var freeMemoryBytes = draft.FreeMemoryBytes(node) - demand.MemoryBytes(hosted + room) + demand.MemoryBytes(hosted);
        var cost = hosted == 0 ? 2 : demand.Survivors[node] > hosted ? 0 : 1;
        if (problem.LowEvicted(node, freeMemoryBytes) > problem.LowEvicted(node, draft.FreeMemoryBytes(node)))
            cost += 2;
        return new(
            BalancesZones ? draft.InZoneOf(deployment, node) : 0,
            cost,
            Choice switch
            {
                NodeChoice.Snuggest => draft.FreeProcessors(node) - (room * demand.Threads),
                NodeChoice.Roomiest => -freeMemoryBytes,
                _ => random.Next(1 << 20),
            },
            freeMemoryBytes);
    }
}

/// <summary>How good a node is for an allocation; an earlier member outweighs the later ones.</summary>
internal readonly record struct NodeFit(int InZone, int Cost, long Waste, long FreeMemoryBytes)
{
    public bool IsBetterThan(NodeFit other)
    {
        if (InZone != other.InZone)
            return InZone < other.InZone;
        if (Cost != other.Cost)
            return Cost < other.Cost;
        return Waste != other.Waste ? Waste < other.Waste : FreeMemoryBytes < other.FreeMemoryBytes;
    }
}
