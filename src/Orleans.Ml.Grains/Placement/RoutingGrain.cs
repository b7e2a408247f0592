using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Grains.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Placement;

/// <summary>Tells every process where to send requests. Rebuilt from the plan and from what deployments repeat.</summary>
[GrainType("ml-routing"), KeepAlive]
internal sealed partial class RoutingGrain(IClusterMembershipService membership, TimeProvider time, ILogger<RoutingGrain> logger) : Grain, IRoutingGrain
{
    /// <summary>Changes within this time travel together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan RereadPlan = TimeSpan.FromSeconds(5);

    /// <summary>A deployment that takes longer to tell its state is asked again with the next reading of the plan.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a caller who wants the table now waits for a new activation to gather it; less than such callers allow.</summary>
    private static readonly TimeSpan GatheringFromNothing = TimeSpan.FromMilliseconds(300);

    private readonly Guid _activation = Guid.NewGuid();
    private readonly Dictionary<string, Assignment> _deployments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AssignmentVersion> _removed = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _planRead = NewSignal();
    private ClusterPlan? _plan;
    private ImmutableArray<LiveNode> _nodes = [];
    private long _membershipVersion = -1;
    private TaskCompletionSource _changed = NewSignal();
    private IGrainTimer? _publishing;
    private IGrainTimer? _rereading;
    private long _publishedAt;
    private Task _asking = Task.CompletedTask;
    private RoutingTable _table = null!;

    public async Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_table.Version == known && wait > TimeSpan.Zero)
        {
            await _changed.Task.WaitAsync(wait, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (wait == TimeSpan.Zero && _plan is null)
            await _planRead.Task.WaitAsync(Patience, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (wait == TimeSpan.Zero && !IsComplete)
            await _asking.WaitAsync(GatheringFromNothing, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (wait == TimeSpan.Zero && _publishing is not null)
            Publish();
        return _table;
    }

    public Task OnAssignmentAsync(Assignment assignment)
    {
        var id = assignment.TaskParameters.DeploymentId;
        var isOvertaken = (_deployments.TryGetValue(id, out var known) && known.Version >= assignment.Version)
            || (_removed.TryGetValue(id, out var removed) && removed >= assignment.Version);
        if (!isOvertaken)
        {
            _deployments[id] = assignment;
            Change();
        }

        return Task.CompletedTask;
    }

    public Task OnRemovedAsync(string deploymentId, AssignmentVersion version)
    {
        _removed[deploymentId] = version;
        if (_deployments.TryGetValue(deploymentId, out var known) && known.Version <= version)
            _deployments.Remove(deploymentId);

        // Also when this activation never knew it: caches may, from the one before.
        Change();
        return Task.CompletedTask;
    }

    public Task OnNodesAsync(ImmutableArray<LiveNode> nodes, long membershipVersion)
    {
        if (membershipVersion > _membershipVersion)
        {
            _membershipVersion = membershipVersion;
            if (!nodes.SequenceEqual(_nodes))
            {
                _nodes = nodes;
                Change();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Tells at once who is alive, whatever else takes its time: processes without membership wait for it.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _nodes = MembershipNodes.Live(membership.CurrentSnapshot);
        _membershipVersion = membership.CurrentSnapshot.Version.Value;
        Publish();
        _rereading = this.RegisterGrainTimer(RereadPlanAsync, new GrainTimerCreationOptions(TimeSpan.Zero, RereadPlan) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A removal that was never heard shows in the plan.</summary>
    private async Task RereadPlanAsync(CancellationToken cancellationToken)
    {
        try
        {
            _plan = await GrainFactory.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        }
        catch (Exception exception)
        {
            LogNoPlan(exception.Message);
            _rereading?.Change(RetryDelay, RereadPlan);
            return;
        }

        var plan = _plan;
        var gone = _deployments.Values.Where(a => a.Version.Plan < plan.Version && !plan.Deployments.ContainsKey(a.TaskParameters.DeploymentId)).ToList();
        foreach (var assignment in gone)
            _deployments.Remove(assignment.TaskParameters.DeploymentId);
        foreach (var id in _removed.Where(r => r.Value.Plan < plan.Version).Select(r => r.Key).ToList())
            _removed.Remove(id);
        if (gone.Count > 0 || IsComplete != _table.IsComplete || plan.Version != _table.PlanVersion)
            Publish();
        _asking = AskTheSilentAsync(plan);
        _planRead.TrySetResult();
        await _asking;
    }

    /// <summary>
    /// Planned deployments that have told this activation nothing are asked. Most would tell with their nodes' next reports, 2 s later; one without routes
    /// has nobody who makes it tell. Never inside a request, so that no deployment waits for this while this waits for it.
    /// </summary>
    private Task AskTheSilentAsync(ClusterPlan plan) => Task.WhenAll(plan.Deployments.Keys.Where(id => !_deployments.ContainsKey(id) && !_removed.ContainsKey(id)).Select(AskAsync));

    private async Task AskAsync(string deploymentId)
    {
        try
        {
            if (await GrainFactory.GetGrain<IDeploymentGrain>(deploymentId).GetAsync().WaitAsync(Patience, time) is { } assignment)
                await OnAssignmentAsync(assignment);
        }
        catch (Exception exception)
        {
            LogSilent(deploymentId, exception.Message);
        }
    }

    private bool IsComplete => _plan is not null && _plan.Deployments.Keys.All(id => _deployments.ContainsKey(id) || _removed.ContainsKey(id));

    /// <summary>The first change after a pause goes out at once; the next ones gather.</summary>
    private void Change()
    {
        if (_publishing is not null)
            return;
        var left = Gathering - time.GetElapsedTime(_publishedAt);
        if (left <= TimeSpan.Zero)
            Publish();
        else
            _publishing = this.RegisterGrainTimer(_ => PublishLater(), new GrainTimerCreationOptions(left, Timeout.InfiniteTimeSpan) { Interleave = true });
    }

    private Task PublishLater()
    {
        Publish();
        return Task.CompletedTask;
    }

    private void Publish()
    {
        _publishing?.Dispose();
        _publishing = null;
        _publishedAt = time.GetTimestamp();
        // At least as new as what was removed, or caches would keep it until the plan is read again.
        var planVersion = _deployments.Values.Select(a => a.Version).Concat(_removed.Values).Select(v => v.Plan).Append(_plan?.Version ?? 0).Max();
        _table = new(new RoutingVersion(_activation, (_table?.Version.Revision ?? 0) + 1), IsComplete, planVersion, [.. _deployments.Values], _nodes);
        Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The routing table cannot read the plan: {Reason}; it reads it again")]
    private partial void LogNoPlan(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deployment {DeploymentId} does not tell its state: {Reason}; it is asked again")]
    private partial void LogSilent(string deploymentId, string reason);
}
