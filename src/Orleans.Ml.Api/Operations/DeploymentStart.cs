using Microsoft.Extensions.Logging;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Operations;

/// <summary>Starts a deployment and waits for it. Rules: deployment-runtime.md §1.1, "Waiting phase".</summary>
internal sealed partial class DeploymentStart(
    IGrainFactory grains, DeploymentWait wait, TimeProvider time, ILogger<DeploymentStart> logger)
{
    // The answer should be out before the caller's own clock ends.
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromMilliseconds(100);

    // A refusal is worth more than punctuality: planning may take this long even when the caller allows less.
    private static readonly TimeSpan ShortestPlanning = TimeSpan.FromSeconds(5);

    // A forced stop gives running requests 10 s.
    private static readonly TimeSpan Cleanup = TimeSpan.FromSeconds(15);

    /// <summary>Starts, and waits until <paramref name="goal"/> or the timeout. A caller that goes away ends the wait, never the start.</summary>
    /// <exception cref="MlException">
    /// Refused; or <see cref="MlErrorKind.StartTimeout"/>, after which it goes on starting; or <see cref="MlErrorKind.ModelFailed"/>, after which it
    /// is gone.
    /// </exception>
    public async Task<Assignment> RunAsync(StartDeployment asked, WaitGoal goal, TimeSpan timeout, CancellationToken disconnected)
    {
        var margin = timeout / 10 < AnswerMargin ? timeout / 10 : AnswerMargin;
        var deadline = new Deadline(time, timeout - margin);
        var deployment = grains.GetGrain<IDeploymentGrain>(asked.DeploymentId);
        Assignment assignment;
        try
        {
            var planning = deadline.Left > ShortestPlanning ? deadline.Left : ShortestPlanning;
            assignment = await deployment.StartAsync(asked).WaitAsync(planning, time, CancellationToken.None);
        }
        catch (TimeoutException) when (deadline.Left <= TimeSpan.Zero)
        {
            throw TimedOut(asked, timeout);
        }

        if (goal == WaitGoal.Starting)
            return assignment;
        var result = await wait.ForAsync(deployment, goal, assignment.Incarnation, deadline, disconnected);
        switch (result?.Outcome)
        {
            case null:
                throw TimedOut(asked, timeout);
            case WaitOutcome.Removed:
                throw new MlException(MlErrorKind.BadRequest, $"The deployment [{asked.DeploymentId}] was removed while its start was waited for");
            case WaitOutcome.Failed:
                await RemoveAsync(deployment, asked.DeploymentId, assignment.Incarnation);
                var failures = string.Join(", ", result.Failures.Select(f => $"{f.Key}={f.Value}"));
                throw new MlException(MlErrorKind.ModelFailed,
                    $"Could not start the deployment [{asked.DeploymentId}] because it failed on nodes {{{failures}}}; it was removed");
            default:
                return result.Assignment ?? assignment;
        }
    }

    // The caller learns why the start failed even when the removal is slow; the deployment stays marked as stopping then.
    private async Task RemoveAsync(IDeploymentGrain deployment, string deploymentId, long incarnation)
    {
        try
        {
            await deployment.StopAsync(StopMode.Forced, "its start failed", incarnation).WaitAsync(Cleanup, time, CancellationToken.None);
            if (await wait.ForAsync(deployment, WaitGoal.Gone, incarnation, new(time, Cleanup), CancellationToken.None) is null)
                LogNotGone(logger, deploymentId, Cleanup.TotalSeconds);
        }
        catch (Exception failure) when (ElasticErrors.IsUnavailable(failure))
        {
            LogNotRemoved(logger, failure, deploymentId);
        }
    }

    private static MlException TimedOut(StartDeployment asked, TimeSpan timeout) => new(MlErrorKind.StartTimeout,
        $"Timed out after [{TimeValue.Format(timeout)}] waiting for the deployment [{asked.DeploymentId}] to start; " +
        "it goes on starting, use the trained model stats API to see how far it is");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deployment {DeploymentId} failed to start and is not gone after {Seconds} s")]
    private static partial void LogNotGone(ILogger logger, string deploymentId, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deployment {DeploymentId} failed to start and could not be removed")]
    private static partial void LogNotRemoved(ILogger logger, Exception exception, string deploymentId);
}
