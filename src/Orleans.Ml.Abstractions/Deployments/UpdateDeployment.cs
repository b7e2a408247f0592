namespace Orleans.Ml.Deployments;

/// <summary>What a running deployment should change; what is null stays as it is. Rules: deployment-runtime.md §1.3.</summary>
/// <param name="NumberOfAllocations">At least 1.</param>
/// <param name="AdaptiveAllocations">How the adaptive settings change.</param>
[GenerateSerializer, Immutable, Alias("ml.UpdateDeployment")]
public sealed record UpdateDeployment(
    [property: Id(0)] int? NumberOfAllocations = null,
    [property: Id(1)] AdaptiveAllocationsChange? AdaptiveAllocations = null)
{
    /// <summary>Everything that is wrong with this request by itself; empty when nothing is.</summary>
    public IReadOnlyList<string> FindProblems()
    {
        var problems = new List<string>();
        if (NumberOfAllocations < 1)
            problems.Add($"[number_of_allocations] must be a positive integer, was [{NumberOfAllocations}]");
        if (NumberOfAllocations is not null && AdaptiveAllocations?.Enabled == true)
            problems.Add(StartDeployment.NumberAndAdaptive);
        if (AdaptiveAllocations?.ApplyTo(null) is { } asked)
            problems.AddRange(asked.FindProblems());
        return problems;
    }
}

/// <summary>A change of adaptive settings; what is null stays as it is.</summary>
/// <param name="IsRemoval">The settings are taken away, whatever else is said.</param>
/// <param name="Enabled">Whether the number of allocations follows the load.</param>
/// <param name="MinNumberOfAllocations">A new lower bound, or none.</param>
/// <param name="MaxNumberOfAllocations">A new upper bound, or none.</param>
[GenerateSerializer, Immutable, Alias("ml.AdaptiveAllocationsChange")]
public sealed record AdaptiveAllocationsChange(
    [property: Id(0)] bool IsRemoval = false,
    [property: Id(1)] bool? Enabled = null,
    [property: Id(2)] BoundChange? MinNumberOfAllocations = null,
    [property: Id(3)] BoundChange? MaxNumberOfAllocations = null)
{
    /// <summary>The settings after the change; null when there are none.</summary>
    public AdaptiveAllocations? ApplyTo(AdaptiveAllocations? stored) => IsRemoval ? null : new(
        Enabled ?? stored?.Enabled ?? false,
        MinNumberOfAllocations is { } min ? min.Value : stored?.MinNumberOfAllocations,
        MaxNumberOfAllocations is { } max ? max.Value : stored?.MaxNumberOfAllocations);
}

/// <summary>A bound that is set or, with null, taken away.</summary>
[GenerateSerializer, Immutable, Alias("ml.BoundChange")]
public readonly record struct BoundChange([property: Id(0)] int? Value);
