using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Deployments;

/// <summary>Owns one deployment, keyed by its id: what was asked, what was planned, and how far each node has got.</summary>
[Alias("ml.IDeploymentGrain")]
public interface IDeploymentGrain : IGrainWithStringKey
{
    /// <summary>The assignment, or null when there is no such deployment.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<Assignment?> GetAsync();

    /// <summary>Creates the deployment: durable when it returns, not yet loaded.</summary>
    /// <exception cref="MlException">Refused; nothing happened.</exception>
    [Alias("Start")]
    Task<Assignment> StartAsync(StartDeployment asked);

    /// <summary>What <see cref="StartAsync"/> would do now. Nothing is written and nothing is started.</summary>
    /// <exception cref="MlException">It would be refused.</exception>
    [Alias("ProposeStart")]
    Task<PlacementExplanation> ProposeStartAsync(StartDeployment asked);

    /// <summary>Changes the number of allocations or the adaptive settings: durable when it returns, not yet applied by the nodes.</summary>
    /// <exception cref="MlException">Refused; nothing has changed.</exception>
    [Alias("Update")]
    Task<Assignment> UpdateAsync(UpdateDeployment asked);

    /// <summary>Asks for the deployment to be taken down. Asking again is fine.</summary>
    /// <param name="mode">What becomes of requests that wait.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="incarnation">Which deployment of this id; null for whichever is there.</param>
    /// <returns>False when there is no such deployment.</returns>
    [Alias("Stop")]
    Task<bool> StopAsync(StopMode mode, string reason, long? incarnation = null);

    /// <summary>Waits for a goal, at most for <paramref name="wait"/>; never longer than 3 s at a time, so that a lost activation cannot hold a caller.</summary>
    [Alias("WaitFor"), AlwaysInterleave]
    Task<WaitResult> WaitForAsync(WaitGoal goal, long incarnation, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Event from a node: the full state of its route. Repeating or reordering it does no harm.</summary>
    [Alias("OnRoute")]
    Task OnRouteAsync(RouteReport report);

    /// <summary>Event from placement: this deployment's part of a plan that is already durable.</summary>
    [Alias("OnPlanned")]
    Task OnPlannedAsync(PlannedDeployment planned, long planVersion);

    /// <summary>Event from placement: the plan of this version knows no such deployment any more.</summary>
    [Alias("OnUnplanned")]
    Task OnUnplannedAsync(long planVersion);
}

/// <summary>What a caller waits for. Numbers are append-only.</summary>
public enum WaitGoal
{
    /// <summary>Nothing: the deployment exists.</summary>
    Starting = 0,

    /// <summary>At least one node serves.</summary>
    Started = 1,

    /// <summary>All allocations serve.</summary>
    FullyAllocated = 2,

    /// <summary>The deployment is gone.</summary>
    Gone = 3,
}

/// <summary>What became of a wait. Numbers are append-only.</summary>
public enum WaitOutcome
{
    /// <summary>Not yet; ask again.</summary>
    Waiting = 0,

    /// <summary>The goal is reached, or nothing is left that could still reach it.</summary>
    Reached = 1,

    /// <summary>The deployment was removed meanwhile.</summary>
    Removed = 2,

    /// <summary>At least one route failed.</summary>
    Failed = 3,
}

/// <summary>The answer to one slice of waiting.</summary>
/// <param name="Outcome">Whether to go on waiting.</param>
/// <param name="Assignment">As it is now; null when removed.</param>
/// <param name="Failures">Node id and reason of every failed route.</param>
[GenerateSerializer, Immutable, Alias("ml.WaitResult")]
public sealed record WaitResult(
    [property: Id(0)] WaitOutcome Outcome,
    [property: Id(1)] Assignment? Assignment,
    [property: Id(2)] ImmutableSortedDictionary<string, string> Failures);
