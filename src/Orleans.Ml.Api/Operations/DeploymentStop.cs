using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Operations;

/// <summary>Stops a deployment and waits until its nodes have let go of it. Rules: deployment-runtime.md §1.2.</summary>
internal sealed class DeploymentStop(IGrainFactory grains, DeploymentWait wait, TimeProvider time)
{
    // Running requests get 10 s, then the worker is killed; the rest is for a node that has to be found dead first.
    private static readonly TimeSpan ForcedLimit = TimeSpan.FromMinutes(2);

    // What Elasticsearch allows: five minutes for the queue, three for the process.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(8);

    /// <summary>Stops it. A caller that goes away ends the wait, never the stop.</summary>
    /// <returns>False when there is no such deployment.</returns>
    public Task<bool> RunAsync(string deploymentId, StopMode mode, string reason, CancellationToken disconnected) =>
        RunAsync(deploymentId, mode, reason, mode == StopMode.Drain ? DrainLimit : ForcedLimit, disconnected);

    /// <inheritdoc cref="RunAsync(string, StopMode, string, CancellationToken)"/>
    /// <exception cref="MlException"><see cref="MlErrorKind.ServerError"/> when it is not gone after <paramref name="limit"/>.</exception>
    public async Task<bool> RunAsync(string deploymentId, StopMode mode, string reason, TimeSpan limit, CancellationToken disconnected)
    {
        if (!DeploymentIds.IsValid(deploymentId))
            return false;
        var deadline = new Deadline(time, limit);
        var deployment = grains.GetGrain<IDeploymentGrain>(deploymentId);
        if (await deployment.GetAsync() is not { } assignment || !await deployment.StopAsync(mode, reason, assignment.Incarnation))
            return false;
        return await wait.ForAsync(deployment, WaitGoal.Gone, assignment.Incarnation, deadline, disconnected) is not null
            ? true
            : throw new MlException(MlErrorKind.ServerError,
                $"The deployment [{deploymentId}] is not gone after [{Wire.TimeValue.Format(limit)}]; stop it again");
    }
}
