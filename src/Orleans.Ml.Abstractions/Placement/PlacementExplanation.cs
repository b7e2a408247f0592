using System.Collections.Immutable;

namespace Orleans.Ml.Placement;

/// <summary>Why allocations of a deployment are missing, and what would help.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="NumberOfAllocations">Allocations asked for.</param>
/// <param name="PlacedAllocations">Allocations that fit.</param>
/// <param name="Nodes">Every node that cannot take one more, in order of id; empty when nothing is missing.</param>
/// <param name="SmallestChange">What would make everything fit.</param>
/// <param name="Capacity">Every node that can take allocations, in order of id.</param>
/// <param name="Displaced">Other deployments that have fewer allocations than before, in order of id.</param>
/// <param name="FitsNow">Whether what is missing has room by now and comes with the next plan; then nothing has to change.</param>
[GenerateSerializer, Immutable, Alias("ml.PlacementExplanation")]
public sealed record PlacementExplanation(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] int NumberOfAllocations,
    [property: Id(2)] int PlacedAllocations,
    [property: Id(3)] ImmutableArray<NodeShortfall> Nodes,
    [property: Id(4)] SmallestChange SmallestChange,
    [property: Id(5)] ImmutableArray<NodeCapacity> Capacity,
    [property: Id(6)] ImmutableArray<string> Displaced,
    [property: Id(7)] bool FitsNow = false)
{
    /// <summary>Whether everything asked for fits.</summary>
    public bool IsComplete => PlacedAllocations >= NumberOfAllocations;
}

/// <summary>What one node has, what of it is free under the plan, and what one more allocation of the deployment takes there.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="PlannedAllocations">Allocations of the deployment that are planned there.</param>
/// <param name="Processors">Allocated processors.</param>
/// <param name="FreeProcessors">Those that no normal deployment takes.</param>
/// <param name="NeededProcessors">What one more allocation takes; 0 with low priority.</param>
/// <param name="MemoryBytes">Memory for deployments, in bytes.</param>
/// <param name="FreeMemoryBytes">What of it no deployment takes.</param>
/// <param name="NeededMemoryBytes">What one more allocation takes, with what the first worker of a node takes beside it.</param>
[GenerateSerializer, Immutable, Alias("ml.NodeCapacity")]
public readonly record struct NodeCapacity(
    [property: Id(0)] string NodeId,
    [property: Id(1)] int PlannedAllocations,
    [property: Id(2)] int Processors,
    [property: Id(3)] int FreeProcessors,
    [property: Id(4)] int NeededProcessors,
    [property: Id(5)] long MemoryBytes,
    [property: Id(6)] long FreeMemoryBytes,
    [property: Id(7)] long NeededMemoryBytes);

/// <summary>What one node lacks for one more allocation.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Resource">What is short; memory is looked at before processors.</param>
/// <param name="Available">What the node has of it in all, in bytes, processors or deployments.</param>
/// <param name="Free">What of it is not taken.</param>
/// <param name="Required">What one more allocation takes.</param>
[GenerateSerializer, Immutable, Alias("ml.NodeShortfall")]
public readonly record struct NodeShortfall(
    [property: Id(0)] string NodeId,
    [property: Id(1)] ScarceResource Resource,
    [property: Id(2)] long Available,
    [property: Id(3)] long Free,
    [property: Id(4)] long Required)
{
    /// <summary>How much is missing.</summary>
    public long Missing => Required - Free;
}

/// <summary>What a node can run out of. Numbers are append-only.</summary>
public enum ScarceResource
{
    /// <summary>Memory, in bytes.</summary>
    Memory = 0,

    /// <summary>Allocated processors.</summary>
    Processors = 1,

    /// <summary>Places for low priority deployments.</summary>
    LowPriorityDeployments = 2,
}

/// <summary>The smallest change of each kind with which everything asked for would fit; null where no change of that kind would do.</summary>
/// <param name="NumberOfAllocations">Ask for this many allocations instead.</param>
/// <param name="ThreadsPerAllocation">Give each allocation this many threads instead.</param>
/// <param name="NewNodeProcessors">Add one node with this many processors,</param>
/// <param name="NewNodeMemoryBytes">and with this memory, in bytes.</param>
[GenerateSerializer, Immutable, Alias("ml.SmallestChange")]
public sealed record SmallestChange(
    [property: Id(0)] int? NumberOfAllocations = null,
    [property: Id(1)] int? ThreadsPerAllocation = null,
    [property: Id(2)] int? NewNodeProcessors = null,
    [property: Id(3)] long? NewNodeMemoryBytes = null)
{
    /// <summary>Nothing has to change.</summary>
    public static SmallestChange None { get; } = new();
}
