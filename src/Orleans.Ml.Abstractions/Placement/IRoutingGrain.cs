using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Placement;

/// <summary>Tells every process of the cluster where to send requests. One per cluster, key <see cref="Key"/>; holds nothing that cannot be rebuilt.</summary>
[Alias("ml.IRoutingGrain")]
public interface IRoutingGrain : IGrainWithStringKey
{
    /// <summary>The key of the only one.</summary>
    const string Key = "cluster";

    /// <summary>
    /// The table, as soon as its version differs from <paramref name="known"/> or <paramref name="wait"/> is over. Callers end a poll themselves
    /// half a second after its wait, so that a lost grain cannot hold them.
    /// </summary>
    [Alias("Poll"), AlwaysInterleave]
    Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Event from a deployment: its full state.</summary>
    [Alias("OnAssignment"), AlwaysInterleave]
    Task OnAssignmentAsync(Assignment assignment);

    /// <summary>Event from a deployment: it is gone, as of this version.</summary>
    [Alias("OnRemoved"), AlwaysInterleave]
    Task OnRemovedAsync(string deploymentId, AssignmentVersion version);

    /// <summary>Event from a silo: the live nodes as of a membership version.</summary>
    [Alias("OnNodes"), AlwaysInterleave]
    Task OnNodesAsync(ImmutableArray<LiveNode> nodes, long membershipVersion);
}

/// <summary>Version of a routing table. Activations do not share counters, so the activation is part of it.</summary>
/// <param name="Activation">Which activation of the grain counted.</param>
/// <param name="Revision">Counts changes in that activation.</param>
[GenerateSerializer, Immutable, Alias("ml.RoutingVersion")]
public readonly record struct RoutingVersion([property: Id(0)] Guid Activation, [property: Id(1)] long Revision);

/// <summary>Where requests can go.</summary>
/// <param name="Version">Of this table.</param>
/// <param name="IsComplete">Whether every planned deployment has told its state; a deployment may be forgotten only when a complete table lacks it.</param>
/// <param name="PlanVersion">The plan this table is at least as new as.</param>
/// <param name="Deployments">Full state of each deployment, each with its own version.</param>
/// <param name="LiveNodes">Nodes that are up.</param>
[GenerateSerializer, Immutable, Alias("ml.RoutingTable")]
public sealed record RoutingTable(
    [property: Id(0)] RoutingVersion Version,
    [property: Id(1)] bool IsComplete,
    [property: Id(2)] long PlanVersion,
    [property: Id(3)] ImmutableArray<Assignment> Deployments,
    [property: Id(4)] ImmutableArray<LiveNode> LiveNodes);

/// <summary>A node that is up, in one of its lives.</summary>
[GenerateSerializer, Immutable, Alias("ml.LiveNode")]
public readonly record struct LiveNode([property: Id(0)] string NodeId, [property: Id(1)] long Epoch);
