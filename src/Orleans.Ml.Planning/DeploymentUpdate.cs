using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Planning;

/// <summary>Changes the number of allocations or the adaptive settings of a running deployment. Rules: deployment-runtime.md §1.3.</summary>
public static class DeploymentUpdate
{
    /// <summary>The parameters as asked for; equal to those before when nothing changes, which is fine in any state.</summary>
    /// <exception cref="MlException">What forbids it, in the order of the reference's checks 4 to 8.</exception>
    public static TaskParameters Merge(Assignment assignment, UpdateDeployment asked)
    {
        var before = assignment.TaskParameters;
        var adaptive = asked.AdaptiveAllocations is { } change ? change.ApplyTo(before.AdaptiveAllocations) : before.AdaptiveAllocations;
        if (asked.NumberOfAllocations is not null && adaptive is { Enabled: true })
            throw Invalid(StartDeployment.NumberAndAdaptive);
        if (adaptive?.FindProblems() is { Count: > 0 } problems)
            throw MlException.Validation(problems);
        if (before.Priority == Priority.Low && asked.NumberOfAllocations > 1)
            throw Invalid($"[number_of_allocations] must be 1 when [priority] is low, was [{asked.NumberOfAllocations}]");
        if (adaptive?.FindProblem(before.Priority) is { } problem)
            throw Invalid(problem);
        var after = before with { NumberOfAllocations = asked.NumberOfAllocations ?? before.NumberOfAllocations, AdaptiveAllocations = adaptive };
        return after == before || assignment.State == AssignmentState.Started
            ? after
            : throw new MlException(MlErrorKind.Conflict, $"Cannot update deployment [{before.DeploymentId}] until its assignment state is [started], " +
                $"it is [{assignment.State.ToString().ToLowerInvariant()}]");
    }

    /// <summary>
    /// The plan with other parameters for one deployment. Growth plans everything anew and may not find all it asks for; less takes only from this deployment,
    /// and what it frees waits for the next plan. The other parameters are those of <see cref="ClusterPlanner.Plan"/>.
    /// </summary>
    public static PlannedDeployments Plan(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments deployments, IReadOnlySet<string> unreachable, TaskParameters wanted)
    {
        var before = deployments[wanted.DeploymentId];
        var after = before with { Parameters = wanted };
        if (wanted.NumberOfAllocations > before.Parameters.NumberOfAllocations)
            return ClusterPlanner.Plan(nodes, deployments.SetItem(wanted.DeploymentId, after), unreachable);
        var reduced = AllocationReduction.Apply(after, [.. nodes.Where(n => n.Roles.HasFlag(NodeRoles.Compute))]);
        var isComplete = reduced.TotalAllocations >= wanted.NumberOfAllocations;
        return deployments.SetItem(wanted.DeploymentId, isComplete ? reduced with { Reason = null } : reduced);
    }

    private static MlException Invalid(string problem) => new(MlErrorKind.StateValidation, $"Validation Failed: 1: {problem};");
}
