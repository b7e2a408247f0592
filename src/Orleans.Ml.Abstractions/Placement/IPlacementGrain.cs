using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Placement;

/// <summary>
/// Owns the plan of the cluster: every deployment's parameters and its allocations per node. One per cluster, key <see cref="Key"/>;
/// two by accident cannot overcommit a node, because the node disposes.
/// </summary>
[Alias("ml.IPlacementGrain")]
public interface IPlacementGrain : IGrainWithStringKey
{
    /// <summary>The key of the only one.</summary>
    const string Key = "cluster";

    /// <summary>The plan as it was last written.</summary>
    [Alias("GetPlan"), AlwaysInterleave]
    Task<ClusterPlan> GetPlanAsync();

    /// <summary>Plans a new deployment: durable when it returns.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NoCapacity"/>, or <see cref="MlErrorKind.Conflict"/> when the id exists; nothing was written.</exception>
    [Alias("Place")]
    Task<PlacedDeployment> PlaceAsync(TaskParameters asked);

    /// <summary>Plans a deployment's end: its nodes let go of it. Idempotent; another incarnation is left alone.</summary>
    [Alias("Stop")]
    Task<PlacedDeployment?> StopAsync(string deploymentId, long incarnation, StopMode mode, string reason);

    /// <summary>Forgets a deployment whose nodes have let go of it. Idempotent; another incarnation is left alone.</summary>
    /// <returns>Version of the plan, which no longer holds it.</returns>
    [Alias("Remove")]
    Task<long> RemoveAsync(string deploymentId, long incarnation);

    /// <summary>Event from a silo: membership is at least at this version; look again.</summary>
    [Alias("OnMembership")]
    Task OnMembershipAsync(long membershipVersion);

    /// <summary>Event from a node: which plan it has applied. An (epoch, version) other than the plan's gets the plan again.</summary>
    [Alias("OnNode")]
    Task OnNodeAsync(NodeSnapshot node);

    /// <summary>A node is about to stop: plans as if it were gone, while it keeps what it has. Idempotent; asked again until others have taken over.</summary>
    /// <returns>Of every deployment the node holds, what the plan gives to nodes that stay.</returns>
    [Alias("Leave")]
    Task<ImmutableArray<Takeover>> LeaveAsync(NodeSnapshot node);
}

/// <summary>What nodes that stay should run of a deployment which a leaving node holds.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="Incarnation">Which deployment of that id.</param>
/// <param name="Elsewhere">Allocations on nodes that stay; empty when nobody can take over.</param>
[GenerateSerializer, Immutable, Alias("ml.Takeover")]
public sealed record Takeover(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] long Incarnation,
    [property: Id(2)] ImmutableArray<NodeAllocations> Elsewhere);

/// <summary>A deployment's part of a plan of the given version.</summary>
[GenerateSerializer, Immutable, Alias("ml.PlacedDeployment")]
public sealed record PlacedDeployment([property: Id(0)] PlannedDeployment Deployment, [property: Id(1)] long PlanVersion);

/// <summary>The plan of the whole cluster, which is also the registry of deployments.</summary>
/// <param name="Version">Counts up with every write and never restarts: with a node's epoch it fences everything that follows from the plan.</param>
/// <param name="Deployments">All deployments, by id.</param>
[GenerateSerializer, Immutable, Alias("ml.ClusterPlan")]
public sealed record ClusterPlan(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableSortedDictionary<string, PlannedDeployment> Deployments)
{
    /// <summary>The plan of a new cluster.</summary>
    public static ClusterPlan Empty { get; } = new(0, ImmutableSortedDictionary<string, PlannedDeployment>.Empty.WithComparers(StringComparer.Ordinal));
}

/// <summary>One deployment in the plan.</summary>
/// <param name="Parameters">What was asked for.</param>
/// <param name="Incarnation">The plan version that created it.</param>
/// <param name="StartTime">When it was created.</param>
/// <param name="Allocations">What each node should run; never zero allocations on a node.</param>
/// <param name="Reason">Why allocations are missing, or why it stops; null otherwise.</param>
/// <param name="Stop">Whether and how it is being taken down. Its allocations then name the nodes that still have to let go.</param>
/// <param name="WasAllocated">Whether it ever had an allocation; such deployments are served first.</param>
[GenerateSerializer, Immutable, Alias("ml.PlannedDeployment")]
public sealed record PlannedDeployment(
    [property: Id(0)] TaskParameters Parameters,
    [property: Id(1)] long Incarnation,
    [property: Id(2)] DateTimeOffset StartTime,
    [property: Id(3)] ImmutableArray<NodeAllocations> Allocations,
    [property: Id(4)] string? Reason,
    [property: Id(5)] StopMode Stop = StopMode.None,
    [property: Id(6)] bool WasAllocated = false)
{
    /// <summary>Allocations over all nodes.</summary>
    public int TotalAllocations => Allocations.Sum(a => a.Allocations);

    /// <summary>Allocations on one node.</summary>
    public int AllocationsOn(string nodeId)
    {
        foreach (var placed in Allocations)
        {
            if (placed.NodeId == nodeId)
                return placed.Allocations;
        }

        return 0;
    }
}

/// <summary>How many allocations of a deployment one node runs.</summary>
[GenerateSerializer, Immutable, Alias("ml.NodeAllocations")]
public readonly record struct NodeAllocations([property: Id(0)] string NodeId, [property: Id(1)] int Allocations);
