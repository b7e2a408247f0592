using Orleans.Ml.Placement;
using Orleans.Ml.Planning;
using PlannedDeployments = System.Collections.Immutable.ImmutableSortedDictionary<string, Orleans.Ml.Placement.PlannedDeployment>;

namespace Orleans.Ml.Grains.Placement;

/// <summary>Explanations and refusals of the plan. To find what would help is to plan many times, so it runs beside the grain's turn, on nothing but values.</summary>
internal static class Explanations
{
    /// <summary>What would become of a deployment under these wishes.</summary>
    public static Task<PlacementExplanation> OfProposedAsync(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments wanted, IReadOnlySet<string> unreachable, string deploymentId) =>
        Task.Run(() => PlanExplanation.Explain(nodes, wanted, unreachable, deploymentId));

    /// <summary>What has become of a deployment.</summary>
    public static Task<PlacementExplanation> OfStandingAsync(
        IReadOnlyCollection<NodeSnapshot> nodes, PlannedDeployments plan, IReadOnlySet<string> unreachable, string deploymentId) =>
        Task.Run(() => PlanExplanation.ExplainStanding(nodes, plan, unreachable, deploymentId));

    /// <summary>The refusal of what does not fit as a whole, with what each node lacks and what would help.</summary>
    /// <param name="action">What was asked for: <c>start</c> or <c>update</c>.</param>
    /// <param name="explanation">Of a deployment with allocations missing.</param>
    public static MlException Refusal(string action, PlacementExplanation explanation)
    {
        var why = new MlException(MlErrorKind.NoCapacity, ExplanationText.Of(explanation));
        return explanation.PlacedAllocations == 0
            ? new(MlErrorKind.NoCapacity, $"Could not {action} deployment [{explanation.DeploymentId}] because no ML nodes with sufficient capacity were found", why)
            : new(MlErrorKind.NoCapacity, $"Could not {action} deployment [{explanation.DeploymentId}] because there are not enough resources to provide all " +
                $"requested allocations: [{explanation.PlacedAllocations}] of [{explanation.NumberOfAllocations}] fit", why);
    }

    /// <summary>The refusal of one deployment too many.</summary>
    public static MlException LimitReached(string deploymentId) =>
        new(MlErrorKind.NoCapacity, $"Could not start deployment [{deploymentId}]: the limit of [{ClusterPlan.MaxDeployments}] deployments is reached");
}
