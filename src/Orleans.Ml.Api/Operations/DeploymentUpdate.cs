using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Operations;

/// <summary>Changes a running deployment. The answer comes when the change is durable, not when nodes have followed. Rules: deployment-runtime.md §1.3.</summary>
internal sealed class DeploymentUpdate(IGrainFactory grains, TimeProvider time)
{
    // As with a start: a refusal is worth more than punctuality.
    private static readonly TimeSpan ShortestPlanning = TimeSpan.FromSeconds(5);

    /// <summary>Updates. A caller that goes away changes nothing about it.</summary>
    /// <exception cref="MlException">Refused; <see cref="MlErrorKind.NotFound"/> when there is no such deployment.</exception>
    public async Task<Assignment> RunAsync(string deploymentId, UpdateRequest request)
    {
        if (!DeploymentIds.IsValid(deploymentId))
            throw DeploymentExplanation.NotFound(deploymentId);
        var planning = request.Timeout > ShortestPlanning ? request.Timeout : ShortestPlanning;
        var deadline = new Deadline(time, planning);
        return await grains.GetGrain<IDeploymentGrain>(deploymentId).UpdateAsync(request.Deployment).WaitAsync(deadline.Left, time, CancellationToken.None);
    }
}
