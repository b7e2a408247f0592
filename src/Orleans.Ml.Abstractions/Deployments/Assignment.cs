using System.Collections.Immutable;

namespace Orleans.Ml.Deployments;

/// <summary>The durable decision for one deployment, and how far each node has got with it.</summary>
/// <param name="TaskParameters">What was asked for.</param>
/// <param name="RoutingTable">One route per node, by node id.</param>
/// <param name="State">Of the assignment as a whole.</param>
/// <param name="Reason">Why allocations are missing, or why it stops.</param>
/// <param name="StartTime">When the deployment was created; survives updates and moves.</param>
/// <param name="MaxAssignedAllocations">Largest sum of current allocations ever seen.</param>
/// <param name="Incarnation">The plan version that created this deployment: tells it from an earlier one of the same id.</param>
/// <param name="Version">Orders the states of this deployment.</param>
[GenerateSerializer, Immutable, Alias("ml.Assignment")]
public sealed record Assignment(
    [property: Id(0)] TaskParameters TaskParameters,
    [property: Id(1)] ImmutableSortedDictionary<string, Route> RoutingTable,
    [property: Id(2)] AssignmentState State,
    [property: Id(3)] string? Reason,
    [property: Id(4)] DateTimeOffset StartTime,
    [property: Id(5)] int MaxAssignedAllocations,
    [property: Id(6)] long Incarnation,
    [property: Id(7)] AssignmentVersion Version)
{
    /// <summary>Allocations that serve now: the sum of current allocations over started routes.</summary>
    public int AllocationCount => RoutingTable.Values.Where(r => r.IsRoutable).Sum(r => r.CurrentAllocations);

    /// <summary>How much of what was asked for serves; null while stopping. Rules: deployment-runtime.md §2.5.</summary>
    public AllocationState? AllocationState => State == AssignmentState.Stopping ? null : (AllocationCount, TaskParameters.NumberOfAllocations) switch
    {
        var (count, target) when count >= target => Deployments.AllocationState.FullyAllocated,
        (0, _) => Deployments.AllocationState.Starting,
        _ => Deployments.AllocationState.Started,
    };
}

/// <summary>One node's line in a routing table.</summary>
/// <param name="CurrentAllocations">What the node's worker runs.</param>
/// <param name="TargetAllocations">What the plan wants there.</param>
/// <param name="State">How far the node is.</param>
/// <param name="Reason">Why it failed; empty otherwise.</param>
[GenerateSerializer, Immutable, Alias("ml.Route")]
public sealed record Route(
    [property: Id(0)] int CurrentAllocations,
    [property: Id(1)] int TargetAllocations,
    [property: Id(2)] RoutingState State,
    [property: Id(3)] string Reason = "")
{
    /// <summary>Whether requests may be sent there.</summary>
    public bool IsRoutable => State == RoutingState.Started && CurrentAllocations > 0;
}

/// <summary>Orders the states of one deployment: first by the plan, then by what happened under that plan.</summary>
/// <param name="Plan">Version of the plan; never restarts.</param>
/// <param name="Revision">Counts changes under that plan.</param>
[GenerateSerializer, Immutable, Alias("ml.AssignmentVersion")]
public readonly record struct AssignmentVersion([property: Id(0)] long Plan, [property: Id(1)] long Revision) : IComparable<AssignmentVersion>
{
    /// <inheritdoc/>
    public int CompareTo(AssignmentVersion other) => Plan != other.Plan ? Plan.CompareTo(other.Plan) : Revision.CompareTo(other.Revision);

    /// <summary>Whether <paramref name="left"/> came before <paramref name="right"/>.</summary>
    public static bool operator <(AssignmentVersion left, AssignmentVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> came after <paramref name="right"/>.</summary>
    public static bool operator >(AssignmentVersion left, AssignmentVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> did not come after <paramref name="right"/>.</summary>
    public static bool operator <=(AssignmentVersion left, AssignmentVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> did not come before <paramref name="right"/>.</summary>
    public static bool operator >=(AssignmentVersion left, AssignmentVersion right) => left.CompareTo(right) >= 0;
}
