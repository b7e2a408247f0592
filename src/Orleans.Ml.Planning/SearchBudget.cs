namespace Orleans.Ml.Planning;

/// <summary>How many nodes the search may look at: a limit in work, not time, so that equal input gives an equal plan.</summary>
/// <param name="MostAllocations">For placing more.</param>
/// <param name="BestNodes">For placing the same better.</param>
internal readonly record struct SearchBudget(long MostAllocations, long BestNodes)
{
    public static SearchBudget Of(PlacementProblem problem) => new(2_000_000, 500_000);
}
