using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;

namespace Orleans.Ml.Grains.Placement;

/// <summary>
/// Carries the newest plan to nodes and deployments. Each receiver is served on its own and never inside a grain's request, so that a frozen one delays nobody;
/// it lives on the grain's scheduler, so that its fields need no lock.
/// </summary>
internal sealed partial class PlanSpreader(IGrainFactory grains, NodeDirectory nodes, Func<ClusterPlan> plan, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly HashSet<string> _sending = new(StringComparer.Ordinal);
    private readonly HashSet<string> _telling = new(StringComparer.Ordinal);
    private readonly HashSet<string> _untold = new(StringComparer.Ordinal);

    /// <summary>What a member says of itself; null when it does not answer in time.</summary>
    public async Task<NodeSnapshot?> DescribeAsync(string nodeId)
    {
        try
        {
            return await grains.GetGrain<INodeGrain>(nodeId).DescribeAsync().WaitAsync(Patience, time);
        }
        catch (Exception exception)
        {
            LogSilent(nodeId, exception.Message);
            return null;
        }
    }

    /// <summary>Sends the plan to every node that has not applied it.</summary>
    public void Send()
    {
        foreach (var node in nodes.Known)
            SendTo(node.NodeId);
    }

    /// <summary>Sends the plan to a node until it has applied the newest one, or does not answer; then its agent's next report starts this again.</summary>
    public void SendTo(string nodeId) => SendToAsync(nodeId).Ignore();

    /// <summary>Tells deployments their part of the plan; whoever cannot be told now is told with <see cref="TellTheUntold"/>.</summary>
    public void TellAll(IEnumerable<string> deploymentIds)
    {
        _untold.UnionWith(deploymentIds);
        TellTheUntold();
    }

    /// <summary>Tries again whoever could not be told.</summary>
    public void TellTheUntold()
    {
        foreach (var id in _untold.ToList())
            TellAsync(id).Ignore();
    }

    private async Task SendToAsync(string nodeId)
    {
        if (!_sending.Add(nodeId))
            return;
        try
        {
            while (nodes.Find(nodeId) is { } node && node.AppliedPlan != plan().Version)
            {
                var decision = await grains.GetGrain<INodeGrain>(nodeId).ApplyAsync(NodeTargets.For(node, plan())).WaitAsync(Patience, time);
                // What is known now: the node may have said more while it was asked.
                if (nodes.Find(nodeId) is { } known)
                    nodes.Learn(known with { Epoch = decision.Epoch, AppliedPlan = decision.AppliedPlan });
                if (!decision.IsAccepted)
                {
                    LogRefused(nodeId, plan().Version, decision.AppliedPlan, decision.Epoch);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            LogSilent(nodeId, exception.Message);
        }
        finally
        {
            _sending.Remove(nodeId);
        }
    }

    private async Task TellAsync(string deploymentId)
    {
        if (!_telling.Add(deploymentId))
            return;
        try
        {
            while (_untold.Remove(deploymentId))
            {
                var current = plan();
                var deployment = grains.GetGrain<IDeploymentGrain>(deploymentId);
                await (current.Deployments.TryGetValue(deploymentId, out var planned)
                    ? deployment.OnPlannedAsync(planned, current.Version)
                    : deployment.OnUnplannedAsync(current.Version));
            }
        }
        catch (Exception exception)
        {
            _untold.Add(deploymentId);
            LogUntold(deploymentId, exception.Message);
        }
        finally
        {
            _telling.Remove(deploymentId);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {NodeId} does not answer: {Reason}")]
    private partial void LogSilent(string nodeId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {NodeId} refused plan {PlanVersion}; it has applied {AppliedPlan} in epoch {Epoch}")]
    private partial void LogRefused(string nodeId, long planVersion, long appliedPlan, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deployment {DeploymentId} could not be told its plan: {Reason}")]
    private partial void LogUntold(string deploymentId, string reason);
}
