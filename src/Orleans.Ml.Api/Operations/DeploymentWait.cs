using Orleans.Ml.Api.Errors;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Operations;

/// <summary>Waits for a deployment in slices, so that a lost activation or a lost silo costs a slice and not the wait.</summary>
internal sealed class DeploymentWait(TimeProvider time)
{
    private static readonly TimeSpan LongestSlice = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until the goal is reached or cannot be reached any more.</summary>
    /// <returns>Null when the deadline came first.</returns>
    public async Task<WaitResult?> ForAsync(
        IDeploymentGrain deployment, WaitGoal goal, long incarnation, Deadline deadline, CancellationToken cancellationToken)
    {
        while (deadline.Left is var left && left > TimeSpan.Zero)
        {
            var slice = left < LongestSlice ? left : LongestSlice;
            try
            {
                var result = await deployment.WaitForAsync(goal, incarnation, slice, cancellationToken)
                    .WaitAsync(slice + Grace, time, cancellationToken);
                if (result.Outcome != WaitOutcome.Waiting)
                    return result;
            }
            catch (Exception failure) when (ElasticErrors.IsUnavailable(failure))
            {
                // Membership may need a moment to see what is gone; asking at once would only fail again.
                await Task.Delay(PauseAfterFailure < left ? PauseAfterFailure : left, time, cancellationToken);
            }
        }

        return null;
    }
}
