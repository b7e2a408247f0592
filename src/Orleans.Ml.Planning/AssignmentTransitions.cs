using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Routes = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Deployments.Route>;

namespace Orleans.Ml.Planning;

/// <summary>How an assignment changes. Rules: deployment-runtime.md §2.2, §2.3, §3.9.</summary>
public static class AssignmentTransitions
{
    private static readonly Routes NoRoutes = Routes.Empty.WithComparers(StringComparer.Ordinal);
    private static readonly ImmutableSortedDictionary<string, string> NoFailures = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// The assignment under a plan: routes of nodes that stay keep what they run, a failed one is tried again, new ones begin, others go. The same instance
    /// when it follows from that plan or a newer one already, so that versions only ever go up.
    /// </summary>
    /// <param name="before">The assignment so far; another incarnation counts as none.</param>
    /// <param name="planned">This deployment's part of the plan.</param>
    /// <param name="planVersion">The plan's version.</param>
    public static Assignment Plan(Assignment? before, PlannedDeployment planned, long planVersion)
    {
        var known = before?.Incarnation == planned.Incarnation ? before : null;
        if (known?.Version.Plan >= planVersion)
            return known;
        var isStopping = planned.Stop != StopMode.None;
        var routes = NoRoutes.AddRange(planned.Allocations.Select(a =>
            KeyValuePair.Create(a.NodeId, Continue(known?.RoutingTable.GetValueOrDefault(a.NodeId), a.Allocations, isStopping))));
        return Derive(new Assignment(
            planned.Parameters,
            routes,
            isStopping ? AssignmentState.Stopping : AssignmentState.Starting,
            planned.Reason,
            planned.StartTime,
            known?.MaxAssignedAllocations ?? 0,
            planned.Incarnation,
            new AssignmentVersion(planVersion, 0)));
    }

    /// <summary>
    /// The assignment after a node's report; the same instance when the report says nothing new, is about another incarnation or about a node that is not routed
    /// to, or is a farewell to an older plan.
    /// </summary>
    public static Assignment Report(Assignment before, RouteReport report)
    {
        if (report.Incarnation != before.Incarnation || !before.RoutingTable.TryGetValue(report.NodeId, out var route))
            return before;
        if (report.Route.State == RoutingState.Stopped)
        {
            return report.PlanVersion < before.Version.Plan
                ? before
                : Derive(Revise(before, before.RoutingTable.Remove(report.NodeId)));
        }

        // The plan, not the node, knows the target; a node that has not heard yet of a stop does not undo it.
        var reported = report.Route with { TargetAllocations = route.TargetAllocations };
        if (reported.State == RoutingState.Starting)
            reported = reported with { CurrentAllocations = route.CurrentAllocations };
        if (before.State == AssignmentState.Stopping && reported.State != RoutingState.Failed)
            reported = reported with { State = RoutingState.Stopping };
        return reported == route ? before : Derive(Revise(before, before.RoutingTable.SetItem(report.NodeId, reported)));
    }

    /// <summary>Whether nothing is left to wait for: asked to stop, and every node has let go.</summary>
    public static bool IsGone(Assignment assignment) => assignment.State == AssignmentState.Stopping && assignment.RoutingTable.IsEmpty;

    /// <summary>Whether a wait is over. Rules, in order: deployment-runtime.md §1.1 "Waiting phase".</summary>
    public static WaitResult Wait(Assignment? assignment, long incarnation, WaitGoal goal)
    {
        if (assignment is null || assignment.Incarnation != incarnation)
            return new(goal == WaitGoal.Gone ? WaitOutcome.Reached : WaitOutcome.Removed, null, NoFailures);
        if (goal == WaitGoal.Gone)
            return new(WaitOutcome.Waiting, assignment, NoFailures);

        var failures = assignment.RoutingTable.Where(r => r.Value.State == RoutingState.Failed)
            .ToImmutableSortedDictionary(r => r.Key, r => r.Value.Reason, StringComparer.Ordinal);
        if (!failures.IsEmpty)
            return new(WaitOutcome.Failed, assignment, failures);
        var isReached = assignment.AllocationState is not { } reached
            || (int)reached >= (int)goal
            || !assignment.RoutingTable.Values.Any(r => r.State == RoutingState.Starting);
        return new(isReached ? WaitOutcome.Reached : WaitOutcome.Waiting, assignment, NoFailures);
    }

    private static Route Continue(Route? before, int allocations, bool isStopping) => before switch
    {
        null => new Route(allocations, allocations, isStopping ? RoutingState.Stopping : RoutingState.Starting),
        _ when isStopping => before with { TargetAllocations = allocations, State = RoutingState.Stopping },
        { State: RoutingState.Failed } => new Route(before.CurrentAllocations, allocations, RoutingState.Starting),
        _ => before with { TargetAllocations = allocations },
    };

    private static Assignment Revise(Assignment before, Routes routes) =>
        before with { RoutingTable = routes, Version = before.Version with { Revision = before.Version.Revision + 1 } };

    private static Assignment Derive(Assignment assignment) => assignment with
    {
        State = assignment.State == AssignmentState.Stopping ? AssignmentState.Stopping
            : assignment.TaskParameters.NumberOfAllocations == 0 || assignment.RoutingTable.Values.Any(r => r.State == RoutingState.Started) ? AssignmentState.Started
            : AssignmentState.Starting,
        MaxAssignedAllocations = Math.Max(assignment.MaxAssignedAllocations, assignment.RoutingTable.Values.Sum(r => r.CurrentAllocations)),
    };
}
