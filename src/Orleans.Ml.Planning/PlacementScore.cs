namespace Orleans.Ml.Planning;

/// <summary>How far a draft is from what is wanted; smaller is better, and an earlier member outweighs all later ones.</summary>
/// <param name="First">Allocations taken from running deployments; after a loss of nodes, deployments left with nothing.</param>
/// <param name="Second">The other of the two.</param>
/// <param name="Missing">Allocations asked for and not placed.</param>
/// <param name="ZoneLoss">Allocations that go when each deployment loses its fullest zone.</param>
/// <param name="Pairs">How many times a model is loaded: pairs of deployment and node.</param>
/// <param name="LowEvicted">Low priority deployments that no longer fit where they run.</param>
/// <param name="Moved">Running allocations that leave their node.</param>
internal readonly record struct PlacementScore(int First, int Second, long Missing, long ZoneLoss, int Pairs, int LowEvicted, int Moved)
    : IComparable<PlacementScore>
{
    public int CompareTo(PlacementScore other)
    {
        var most = CompareAllocations(other);
        if (most != 0)
            return most;
        if (ZoneLoss != other.ZoneLoss)
            return ZoneLoss.CompareTo(other.ZoneLoss);
        if (Pairs != other.Pairs)
            return Pairs.CompareTo(other.Pairs);
        return LowEvicted != other.LowEvicted ? LowEvicted.CompareTo(other.LowEvicted) : Moved.CompareTo(other.Moved);
    }

    /// <summary>Compares only how much runs, not where.</summary>
    public int CompareAllocations(PlacementScore other)
    {
        if (First != other.First)
            return First.CompareTo(other.First);
        return Second != other.Second ? Second.CompareTo(other.Second) : Missing.CompareTo(other.Missing);
    }
}
