using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Placement;

/// <summary>The plan as persisted.</summary>
[GenerateSerializer, Alias("ml.PlacementState")]
public sealed class PlacementState
{
    /// <summary>Parameters and allocations of every deployment, written together.</summary>
    [Id(0)]
    public ClusterPlan Plan { get; set; } = ClusterPlan.Empty;
}
