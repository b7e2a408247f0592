using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference;

/// <summary>How a node gets from what it runs to what it should run. Everything here holds the gate, decides, and leaves the work to lives in the background.</summary>
public sealed partial class NodeRuntime
{
    /// <inheritdoc/>
    int INode.GrantedAllocations(NodeDeployment deployment)
    {
        lock (_gate)
            return Math.Min(deployment.TargetAllocations, deployment.HeldAllocations);
    }

    /// <inheritdoc/>
    void INode.OnLoaded(NodeDeployment deployment, LoadedModel model)
    {
        lock (_gate)
        {
            deployment.Model = model;
            if (deployment.Stop == StopUrgency.None)
                deployment.State = RoutingState.Started;
            else
                model.Queue.Refuse();
            Changed(deployment);
        }
    }

    /// <inheritdoc/>
    void INode.OnModelChanged(NodeDeployment deployment)
    {
        lock (_gate)
        {
            deployment.Wake();
            Changed(deployment);
        }
    }

    /// <inheritdoc/>
    void INode.OnSettled(NodeDeployment deployment)
    {
        lock (_gate)
        {
            var needed = Math.Max(deployment.TargetAllocations, deployment.Model!.Allocations);
            if (needed >= deployment.HeldAllocations)
                return;
            TryHold(deployment, needed);
            Converge();
        }
    }

    private void Adopt(NodeTarget target)
    {
        // Of two incarnations of an id, the later one counts.
        _wanted = target.Deployments.OrderBy(d => d.Incarnation).Aggregate(_wanted.Clear(), (all, one) => all.SetItem(one.Parameters.DeploymentId, one));
        foreach (var deployment in _deployments.ToArray())
        {
            var wanted = _wanted.GetValueOrDefault(deployment.Parameters.DeploymentId);
            if (wanted is null)
            {
                if (deployment.State == RoutingState.Stopped)
                    Forget(deployment);
                else
                    Stop(deployment, StopUrgency.Drain);
            }
            else if (wanted.Incarnation != deployment.Incarnation)
            {
                if (deployment.State == RoutingState.Stopped)
                    Forget(deployment);
                else
                    Stop(deployment, StopUrgency.Forced);
            }
            else if (!IsToRun(wanted))
            {
                Stop(deployment, wanted.Stop == StopMode.Forced ? StopUrgency.Forced : StopUrgency.Drain);
            }
            else if (deployment.State == RoutingState.Failed)
            {
                // A newer plan asks again; Converge begins anew.
                Forget(deployment);
            }
            else if (deployment.Stop == StopUrgency.None)
            {
                deployment.TargetAllocations = wanted.Allocations;
                deployment.Wake();
                Changed(deployment);
            }
        }

        Converge();
    }

    // Begins what is wanted and absent, gives room to what waits for it. In the order of arrival; what does not fit does not hold up what does,
    // because a plan fits as a whole: its big ones only wait for predecessors to leave.
    private void Converge()
    {
        if (_isStopping)
            return;
        foreach (var (id, wanted) in _wanted)
        {
            var known = _deployments.Find(d => d.Parameters.DeploymentId == id && d.Incarnation == wanted.Incarnation);
            if (known is not null && !(known.State == RoutingState.Stopped && IsToRun(wanted)))
                continue;
            if (known is not null)
                Forget(known);
            var deployment = new NodeDeployment(wanted.Parameters, wanted.Incarnation, wanted.Allocations);
            if (!IsToRun(wanted))
                deployment.State = RoutingState.Stopped;
            _deployments.Add(deployment);
            Changed(deployment);
        }

        foreach (var deployment in _deployments)
        {
            if (deployment.IsPending && !_deployments.Exists(d => IsPredecessor(d, deployment)) && TryHold(deployment, deployment.TargetAllocations))
                deployment.Life = Task.Run(() => LiveAsync(deployment));
            else if (deployment.IsShort && TryHold(deployment, deployment.TargetAllocations))
                deployment.Wake();
        }
    }

    private async Task LiveAsync(NodeDeployment deployment)
    {
        LogBegan(deployment.Parameters.DeploymentId, deployment.Incarnation);
        var failure = await _host.LiveAsync(deployment, this);
        lock (_gate)
        {
            deployment.State = failure is not null && deployment.Stop == StopUrgency.None ? RoutingState.Failed : RoutingState.Stopped;
            deployment.Reason = deployment.State == RoutingState.Failed ? failure! : "";
            deployment.Model = null;
            deployment.HeldAllocations = 0;
            _ledger.Release(deployment);
            LogEnded(deployment.Parameters.DeploymentId, deployment.Incarnation, deployment.State, deployment.Reason);
            Changed(deployment);
            Converge();
        }
    }

    private void Stop(NodeDeployment deployment, StopUrgency urgency)
    {
        if (deployment.State == RoutingState.Stopped)
            return;
        if (deployment.IsPending || deployment.HasEnded)
        {
            deployment.State = RoutingState.Stopped;
            deployment.Reason = "";
            Changed(deployment);
        }
        else if (deployment.TryStop(urgency))
        {
            Changed(deployment);
        }
    }

    private void Forget(NodeDeployment deployment)
    {
        _deployments.Remove(deployment);
        deployment.Dispose();
    }

    private bool TryHold(NodeDeployment deployment, int allocations)
    {
        if (!_ledger.TryHold(deployment, Room.Of(deployment.Parameters, allocations)))
            return false;
        deployment.HeldAllocations = allocations;
        return true;
    }

    private ImmutableSortedDictionary<string, string> ExplainPending()
    {
        var free = _ledger.Free;
        var pending = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var deployment in _deployments.Where(d => d.IsPending || d.IsShort))
        {
            var id = deployment.Parameters.DeploymentId;
            var needed = Room.Of(deployment.Parameters, deployment.TargetAllocations);
            pending[id] = _deployments.Exists(d => IsPredecessor(d, deployment))
                ? $"deployment [{id}] waits for its predecessor on node [{NodeId}] to stop"
                : $"deployment [{id}] needs [{needed.Processors}] processors and [{needed.MemoryBytes}] bytes of memory; node [{NodeId}] has " +
                  $"[{free.Processors}] of [{_ledger.Capacity.Processors}] and [{free.MemoryBytes}] of [{_ledger.Capacity.MemoryBytes}] free";
        }

        return pending.ToImmutable();
    }

    private Room ReadUsed()
    {
        lock (_gate)
            return _ledger.Used;
    }

    private RouteReport Report(NodeDeployment deployment) => new(
        deployment.Parameters.DeploymentId, deployment.Incarnation, NodeId, _epoch, _applied, ++_sequence, deployment.Route);

    private void Changed(NodeDeployment deployment)
    {
        deployment.LastChange = ++_changes;
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static bool IsToRun(DeploymentTarget target) => target is { Stop: StopMode.None, Allocations: > 0 };

    private static bool IsPredecessor(NodeDeployment one, NodeDeployment other) =>
        one != other && one.Parameters.DeploymentId == other.Parameters.DeploymentId && !one.HasEnded && !one.IsPending;

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} ({Incarnation}) has room on this node and is loaded")]
    private partial void LogBegan(string deploymentId, long incarnation);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} ({Incarnation}) has ended on this node: {State} {Reason}")]
    private partial void LogEnded(string deploymentId, long incarnation, RoutingState state, string reason);
}
