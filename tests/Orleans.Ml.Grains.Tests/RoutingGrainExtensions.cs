using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Tests;

/// <summary>Waiting for what the routing table shows.</summary>
internal static class RoutingGrainExtensions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>Polls until the table shows a deployment as wanted, through the loss of the silo that has the table.</summary>
    public static async Task<Assignment> WaitForAsync(this IRoutingGrain routing, string deploymentId, Func<Assignment, bool> isWanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ClusterFixture.Cancellation);
        limit.CancelAfter(Patience);
        Assignment? last = null;
        for (var known = default(RoutingVersion); ;)
        {
            try
            {
                var table = await routing.PollAsync(known, TimeSpan.FromSeconds(1), limit.Token).WaitAsync(TimeSpan.FromSeconds(2), limit.Token);
                known = table.Version;
                last = table.Deployments.FirstOrDefault(a => a.TaskParameters.DeploymentId == deploymentId) ?? last;
                if (last is not null && isWanted(last))
                    return last;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                // The silo that had the table is the one that went.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"last seen: {last}; {string.Join(", ", last?.RoutingTable.AsEnumerable() ?? [])}");
            }
        }
    }
}
