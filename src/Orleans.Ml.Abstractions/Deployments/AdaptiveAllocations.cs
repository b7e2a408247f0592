namespace Orleans.Ml.Deployments;

/// <summary>Settings under which the number of allocations follows the load. Ranges: deployment-runtime.md §1.1.</summary>
/// <param name="Enabled">Whether it does.</param>
/// <param name="MinNumberOfAllocations">Never fewer than this; null sets no bound.</param>
/// <param name="MaxNumberOfAllocations">Never more than this; null sets no bound.</param>
[GenerateSerializer, Immutable, Alias("ml.AdaptiveAllocations")]
public sealed record AdaptiveAllocations(
    [property: Id(0)] bool Enabled = false,
    [property: Id(1)] int? MinNumberOfAllocations = null,
    [property: Id(2)] int? MaxNumberOfAllocations = null)
{
    /// <summary>What a deployment begins with when its number of allocations is not given: the minimum, but at least 1.</summary>
    public int InitialAllocations => MinNumberOfAllocations is { } min && min > 0 ? min : 1;

    /// <summary>Everything that is wrong with these settings by themselves; empty when nothing is.</summary>
    public IReadOnlyList<string> FindProblems()
    {
        var problems = new List<string>();
        if (MinNumberOfAllocations < 0)
            problems.Add($"[min_number_of_allocations] must be a non-negative integer or null, was [{MinNumberOfAllocations}]");
        if (MaxNumberOfAllocations < 1)
            problems.Add($"[max_number_of_allocations] must be a positive integer or null, was [{MaxNumberOfAllocations}]");
        if (MinNumberOfAllocations > MaxNumberOfAllocations)
        {
            problems.Add("[min_number_of_allocations] must not be larger than [max_number_of_allocations], " +
                $"was [{MinNumberOfAllocations}] with [{MaxNumberOfAllocations}]");
        }

        return problems;
    }

    /// <summary>Why a deployment of this priority must not have these settings; null when it may.</summary>
    public string? FindProblem(Priority priority) => priority == Priority.Low && MaxNumberOfAllocations > 1
        ? $"[max_number_of_allocations] must be 1 when [priority] is low, was [{MaxNumberOfAllocations}]"
        : null;
}
