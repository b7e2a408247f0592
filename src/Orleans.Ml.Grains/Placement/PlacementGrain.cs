using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;

namespace Orleans.Ml.Grains.Placement;

/// <summary>Owns the plan of the cluster. Writes a plan, then spreads it; what is not written is not sent.</summary>
[GrainType("ml-placement"), KeepAlive]
internal sealed partial class PlacementGrain(
    [PersistentState("plan")] IPersistentState<PlacementState> store,
    IClusterMembershipService membership,
    TimeProvider time,
    ILogger<PlacementGrain> logger) : Grain, IPlacementGrain
{
    private readonly NodeDirectory _nodes = new();
    private PlanSpreader _spreader = null!;

    /// <summary>The plan as it was last written; the state may be ahead of it while a write is under way.</summary>
    private ClusterPlan _plan = ClusterPlan.Empty;

    public Task<ClusterPlan> GetPlanAsync() => Task.FromResult(_plan);

    public async Task<PlacementExplanation?> ExplainAsync(string deploymentId)
    {
        var plan = _plan;
        return plan.Deployments.ContainsKey(deploymentId)
            ? await Explanations.OfStandingAsync([.. _nodes.Known], plan.Deployments, _nodes.Unreachable, deploymentId)
            : null;
    }

    public async Task<PlacedDeployment> PlaceAsync(TaskParameters asked)
    {
        var wanted = await AdmitAsync(asked);
        var deployments = ClusterPlanner.Plan(_nodes.Known, wanted, _nodes.Unreachable);
        var placed = deployments[asked.DeploymentId];
        if (placed.TotalAllocations < asked.NumberOfAllocations)
            throw await RefusalAsync("start", wanted, asked.DeploymentId);
        await CommitAsync(deployments);
        return new(placed, _plan.Version);
    }

    public async Task<PlacementExplanation> ProposeAsync(TaskParameters asked)
    {
        var wanted = await AdmitAsync(asked);
        var explanation = await Explanations.OfProposedAsync([.. _nodes.Known], wanted, _nodes.Unreachable, asked.DeploymentId);
        return explanation.IsComplete ? explanation : throw Explanations.Refusal("start", explanation);
    }

    public async Task<PlacedDeployment?> UpdateAsync(string deploymentId, long incarnation, int numberOfAllocations, AdaptiveAllocations? adaptiveAllocations)
    {
        if (Find(deploymentId, incarnation) is not { } planned)
            return null;
        if (planned.Stop != StopMode.None)
            throw new MlException(MlErrorKind.Conflict, $"Cannot update deployment [{deploymentId}]: it is being stopped");
        var wanted = planned.Parameters with { NumberOfAllocations = numberOfAllocations, AdaptiveAllocations = adaptiveAllocations };
        if (wanted == planned.Parameters)
            return new(planned, _plan.Version);
        await MeetNodesAsync();
        var deployments = DeploymentUpdate.Plan([.. _nodes.Known], _plan.Deployments, _nodes.Unreachable, wanted);
        var isGrowth = numberOfAllocations > planned.Parameters.NumberOfAllocations;
        if (isGrowth && deployments[deploymentId].TotalAllocations < numberOfAllocations)
            throw await RefusalAsync("update", _plan.Deployments.SetItem(deploymentId, planned with { Parameters = wanted }), deploymentId);
        var updated = deployments[deploymentId];
        await CommitAsync(deployments, [.. planned.Allocations.Select(a => a.NodeId).Where(n => updated.AllocationsOn(n) == 0)]);
        return new(updated, _plan.Version);
    }

    public Task OnRoutedAsync(long planVersion)
    {
        _spreader.OnRouted(planVersion);
        return Task.CompletedTask;
    }

    public async Task<PlacedDeployment?> StopAsync(string deploymentId, long incarnation, StopMode mode, string reason)
    {
        if (Find(deploymentId, incarnation) is not { } planned)
            return null;
        if (planned.Stop != StopMode.Forced && planned.Stop != mode)
        {
            planned = planned with { Stop = mode, Reason = reason };
            await CommitAsync(_plan.Deployments.SetItem(deploymentId, planned));
        }

        return new(planned, _plan.Version);
    }

    public async Task<long> RemoveAsync(string deploymentId, long incarnation)
    {
        if (Find(deploymentId, incarnation) is not null)
            await CommitAsync(ClusterPlanner.Plan(_nodes.Known, _plan.Deployments.Remove(deploymentId), _nodes.Unreachable));
        return _plan.Version;
    }

    public async Task OnMembershipAsync(long membershipVersion)
    {
        await membership.Refresh(new MembershipVersion(membershipVersion), CancellationToken.None);
        if (!_nodes.Observe(membership.CurrentSnapshot))
            return;
        await MeetNodesAsync();
        await ReplanAsync();
    }

    public async Task OnNodeAsync(NodeSnapshot node)
    {
        var known = _nodes.Find(node.NodeId);
        if (!_nodes.Learn(node))
            return;
        // A node repeats itself every two seconds; only what it is matters to the plan, not how far it has got with it.
        if (known is null || _nodes.Find(node.NodeId) != known with { AppliedPlan = node.AppliedPlan })
            await ReplanAsync();
        _spreader.SendTo(node.NodeId);
        _spreader.TellTheUntold();
    }

    public async Task<ImmutableArray<Takeover>> LeaveAsync(NodeSnapshot node)
    {
        await OnNodeAsync(node with { IsLeaving = true });
        return Takeovers.Of(node.NodeId, _nodes.Known, _plan);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _plan = store.State.Plan;
        _spreader = new PlanSpreader(GrainFactory, _nodes, () => _plan, time, logger);
        _nodes.Observe(membership.CurrentSnapshot);
        await MeetNodesAsync();
        _spreader.TellAll(_plan.Deployments.Keys);
        _spreader.Send();
        await ReplanAsync();
    }

    /// <summary>The plan's deployments with one more, not yet placed; refuses in the order of deployment-runtime.md §1.1.</summary>
    private async Task<ImmutableSortedDictionary<string, PlannedDeployment>> AdmitAsync(TaskParameters asked)
    {
        var id = asked.DeploymentId;
        if (_plan.Deployments.Count >= ClusterPlan.MaxDeployments)
            throw Explanations.LimitReached(id);
        if (_plan.Deployments.ContainsKey(id))
            throw new MlException(MlErrorKind.Conflict, $"Could not start deployment [{id}]: it was already started");
        await MeetNodesAsync();
        return _plan.Deployments.Add(id, new PlannedDeployment(asked, _plan.Version + 1, time.GetUtcNow(), [], null));
    }

    private async Task<MlException> RefusalAsync(string action, ImmutableSortedDictionary<string, PlannedDeployment> wanted, string deploymentId) =>
        Explanations.Refusal(action, await Explanations.OfProposedAsync([.. _nodes.Known], wanted, _nodes.Unreachable, deploymentId));

    private PlannedDeployment? Find(string deploymentId, long incarnation) =>
        _plan.Deployments.GetValueOrDefault(deploymentId) is { } planned && planned.Incarnation == incarnation ? planned : null;

    private async Task ReplanAsync()
    {
        var deployments = ClusterPlanner.Plan(_nodes.Known, _plan.Deployments, _nodes.Unreachable);
        if (!ReferenceEquals(deployments, _plan.Deployments))
            await CommitAsync(deployments);
    }

    /// <summary>Asks members that have not introduced themselves; one that does not answer keeps what is planned there and gets nothing new.</summary>
    private async Task MeetNodesAsync()
    {
        var answers = await Task.WhenAll(_nodes.Unreachable.Select(_spreader.DescribeAsync));
        foreach (var node in answers)
        {
            if (node is not null)
                _nodes.Learn(node);
        }
    }

    private async Task CommitAsync(ImmutableSortedDictionary<string, PlannedDeployment> deployments, ImmutableArray<string>? routersFirst = null)
    {
        var before = _plan;
        store.State.Plan = new ClusterPlan(before.Version + 1, deployments);
        try
        {
            await store.WriteStateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            // It may or may not have been written: the next activation reads which.
            LogNotWritten(exception, before.Version + 1);
            DeactivateOnIdle();
            throw new MlException(MlErrorKind.Unavailable, $"The plan could not be written: {(exception.InnerException ?? exception).Message}");
        }

        _plan = store.State.Plan;
        LogPlanned(_plan.Version, deployments.Count);
        _spreader.TellAll(before.Deployments.Keys.Union(deployments.Keys).Where(id =>
            !ReferenceEquals(before.Deployments.GetValueOrDefault(id), deployments.GetValueOrDefault(id))));
        _spreader.Send(routersFirst ?? []);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Plan {PlanVersion} of {Deployments} deployments is written")]
    private partial void LogPlanned(long planVersion, int deployments);

    [LoggerMessage(Level = LogLevel.Error, Message = "Plan {PlanVersion} could not be written")]
    private partial void LogNotWritten(Exception exception, long planVersion);
}
