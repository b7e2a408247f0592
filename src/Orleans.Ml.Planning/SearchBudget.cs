namespace Orleans.Ml.Planning;

/// <summary>
/// How long a search goes on, counted in nodes looked at: a limit in time would give another plan on another machine. The search ends when it has found
/// nothing better for <see cref="PatienceWork"/>, at the latest after <see cref="MostWork"/>. The judge's distribution (docs/adr/0007) is what these figures buy.
/// </summary>
internal readonly record struct SearchBudget(long PatienceWork, long MostWork)
{
    /// <summary>For placing more allocations.</summary>
    public static SearchBudget MostAllocations { get; } = new(400_000, 1_200_000);

    /// <summary>For placing as many on better nodes.</summary>
    public static SearchBudget BestNodes { get; } = new(100_000, 400_000);
}
