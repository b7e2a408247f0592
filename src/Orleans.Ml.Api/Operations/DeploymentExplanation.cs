using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>Says why a deployment has the allocations it has, and what a start would do.</summary>
internal sealed class DeploymentExplanation(IGrainFactory grains)
{
    /// <summary>Explains a deployment that is there.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/>.</exception>
    public async Task<ExplainedDeployment> OfRunningAsync(string deploymentId)
    {
        if (!DeploymentIds.IsValid(deploymentId)
            || await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).ExplainAsync(deploymentId) is not { } explanation
            || await grains.GetGrain<IDeploymentGrain>(deploymentId).GetAsync() is not { } assignment)
            throw NotFound(deploymentId);
        return new(assignment.TaskParameters.ModelId, explanation, assignment);
    }

    /// <summary>Plans a start without acting.</summary>
    /// <exception cref="MlException">It would be refused.</exception>
    public async Task<ExplainedDeployment> OfStartAsync(StartDeployment asked) =>
        new(asked.ModelId, await grains.GetGrain<IDeploymentGrain>(asked.DeploymentId).ProposeStartAsync(asked), null);

    /// <summary>The error of a deployment that is not there.</summary>
    public static MlException NotFound(string deploymentId) =>
        new(MlErrorKind.NotFound, $"No known model deployment with id [{Wire.Excerpt.Of(deploymentId)}]");
}
