using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Grains.Placement;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;
using Orleans.Storage;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>Owns one deployment: what was asked, what was planned, and how far each node has got.</summary>
[GrainType("ml-deployment")]
internal sealed partial class DeploymentGrain(
    [PersistentState("deployment")] IPersistentState<DeploymentState> store,
    DeploymentEventPublisher events,
    IClusterMembershipService membership,
    TimeProvider time,
    ILogger<DeploymentGrain> logger) : Grain, IDeploymentGrain
{
    /// <summary>One slice of waiting; callers ask again, so that a lost activation cannot hold them.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    /// <summary>How long a turn waits for the routing table; reports are behind it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly RouteFence _fence = new(membership);
    private TaskCompletionSource _changed = NewSignal();
    private bool _isWritten = true;

    /// <summary>The state that waits look at: what the routing table has been told, so that a wait that is over can be followed by a request.</summary>
    private Assignment? _told;

    /// <summary>The newest plan this activation has taken in: what an older one says of the deployment is history, also when the deployment is gone.</summary>
    private long _knownPlan;

    /// <summary>Version of the last event that was published; null when this activation has published none.</summary>
    private AssignmentVersion? _published;

    private Assignment? Current => store.State.Assignment;

    /// <summary>Whether the plan was to forget the deployment but did not yet: any event is an occasion to ask it again.</summary>
    private bool IsLeftBehind => Current is { } assignment && AssignmentTransitions.IsGone(assignment);

    private string DeploymentId => this.GetPrimaryKeyString();

    private IPlacementGrain Placement => GrainFactory.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    public Task<Assignment?> GetAsync() => Task.FromResult(Current);

    public async Task<WaitResult> WaitForAsync(WaitGoal goal, long incarnation, TimeSpan wait, CancellationToken cancellationToken)
    {
        var until = time.GetTimestamp();
        while (true)
        {
            var changed = _changed.Task;
            var result = AssignmentTransitions.Wait(_told, incarnation, goal);
            var left = (wait < LongestWait ? wait : LongestWait) - time.GetElapsedTime(until);
            if (result.Outcome != WaitOutcome.Waiting || left <= TimeSpan.Zero)
                return result;
            await changed.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async Task<Assignment> StartAsync(StartDeployment asked)
    {
        var parameters = await AdmitAsync(asked);
        var placed = await Placement.PlaceAsync(parameters);
        LogStarted(DeploymentId, parameters.NumberOfAllocations, placed.PlanVersion);
        _knownPlan = placed.PlanVersion;
        await BecomeAsync(AssignmentTransitions.Plan(null, placed.Deployment, placed.PlanVersion), "started by an API call");
        try
        {
            // Whoever deletes a model looks for deployments again when it is gone, and a start looks for the model again when it is planned: one of the two sees the other.
            await DeployableModel.RequireAsync(GrainFactory, parameters);
        }
        catch
        {
            await StopAsync(StopMode.Forced, "its model was not found again once it was planned", placed.Deployment.Incarnation);
            throw;
        }

        return Current!;
    }

    public async Task<PlacementExplanation> ProposeStartAsync(StartDeployment asked) => await Placement.ProposeAsync(await AdmitAsync(asked));

    public async Task<Assignment> UpdateAsync(UpdateDeployment asked)
    {
        if (asked.FindProblems() is { Count: > 0 } problems)
            throw MlException.Validation(problems);
        if (Current is not { } assignment)
            throw UnknownDeployment();
        var (before, wanted) = (assignment.TaskParameters, DeploymentUpdate.Merge(assignment, asked));
        if (wanted == before)
            return assignment;
        if (await Placement.UpdateAsync(DeploymentId, assignment.Incarnation, wanted.NumberOfAllocations, wanted.AdaptiveAllocations) is not { } placed)
        {
            await ForgetAsync(assignment.Version);
            throw UnknownDeployment();
        }

        LogUpdated(DeploymentId, before.NumberOfAllocations, wanted.NumberOfAllocations, placed.PlanVersion);
        _knownPlan = placed.PlanVersion;
        await BecomeAsync(
            AssignmentTransitions.Plan(Current, placed.Deployment, placed.PlanVersion),
            $"updated from [{before.NumberOfAllocations}] to [{wanted.NumberOfAllocations}] allocations");
        // Should this be lost, nodes go on by themselves a little later.
        Placement.OnRoutedAsync(placed.PlanVersion).Ignore();
        return Current!;
    }

    public async Task<bool> StopAsync(StopMode mode, string reason, long? incarnation = null)
    {
        if (Current is not { } assignment || (incarnation is { } meant && meant != assignment.Incarnation))
            return false;
        if (await Placement.StopAsync(DeploymentId, assignment.Incarnation, mode, reason) is { } placed)
        {
            LogStopping(DeploymentId, mode, reason);
            _knownPlan = placed.PlanVersion;
            await BecomeAsync(AssignmentTransitions.Plan(assignment, placed.Deployment, placed.PlanVersion), reason);
        }
        else
        {
            await ForgetAsync(assignment.Version);
        }

        return true;
    }

    public async Task OnRouteAsync(RouteReport report)
    {
        if (Current is not { } assignment || !_fence.Admits(report))
            return;
        var after = AssignmentTransitions.Report(assignment, report);
        if (ReferenceEquals(after, assignment) && _isWritten && !IsLeftBehind)
            await PublishAsync(routing => routing.OnAssignmentAsync(assignment));
        else
            await BecomeAsync(after, $"route of node [{report.NodeId}] is {report.Route.State.ToString().ToLowerInvariant()}");
    }

    public async Task OnPlannedAsync(PlannedDeployment planned, long planVersion)
    {
        if (planVersion > _knownPlan)
        {
            _knownPlan = planVersion;
            await BecomeAsync(AssignmentTransitions.Plan(Current, planned, planVersion), planned.Reason ?? "planned anew");
        }
        else if (IsLeftBehind)
        {
            await BecomeAsync(Current!, "asked to be forgotten again");
        }
    }

    public async Task OnUnplannedAsync(long planVersion)
    {
        if (planVersion <= _knownPlan)
            return;
        _knownPlan = planVersion;
        if (Current is { } assignment)
            await ForgetAsync(assignment.Version);
    }

    /// <summary>The plan is the registry, this record a copy: bring it up to date before the first call.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var plan = await Placement.GetPlanAsync();
        _knownPlan = plan.Version;
        if (plan.Deployments.TryGetValue(DeploymentId, out var planned))
            store.State.Assignment = AssignmentTransitions.Plan(Current, planned, plan.Version);
        else
            store.State.Assignment = null;
        _told = Current;
        _isWritten = false;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything that can be refused without a plan, in the order of deployment-runtime.md §1.1.</summary>
    private async Task<TaskParameters> AdmitAsync(StartDeployment asked)
    {
        if (asked.FindProblems() is { Count: > 0 } problems)
            throw MlException.Validation(problems);
        if ((await Placement.GetPlanAsync()).Deployments.Count >= ClusterPlan.MaxDeployments)
            throw Explanations.LimitReached(DeploymentId);
        if (Current is not null)
            throw new MlException(MlErrorKind.BadRequest, $"Could not start model deployment because an existing deployment with the same id [{DeploymentId}] exist");
        return await DeployableModel.ParametersAsync(GrainFactory, asked);
    }

    private MlException UnknownDeployment() => new(MlErrorKind.NotFound, $"No known model deployment with id [{DeploymentId}]");

    /// <summary>Takes a new state: in memory, in the durable copy, and out to the routing table. A stopped deployment that no node holds any more is forgotten.</summary>
    private async Task BecomeAsync(Assignment assignment, string reason)
    {
        store.State.Assignment = assignment;
        if (AssignmentTransitions.IsGone(assignment))
        {
            _knownPlan = await Placement.RemoveAsync(DeploymentId, assignment.Incarnation);
            await ForgetAsync(assignment.Version);
            return;
        }

        await WriteAsync();
        await PublishAsync(routing => routing.OnAssignmentAsync(assignment));
        Announce(assignment.Version, assignment, reason);
        Signal();
    }

    /// <summary>A table that does not answer gets the state with the next report.</summary>
    private async Task PublishAsync(Func<IRoutingGrain, Task> publish)
    {
        try
        {
            await publish(GrainFactory.GetGrain<IRoutingGrain>(IRoutingGrain.Key)).WaitAsync(Patience, time);
        }
        catch (Exception exception)
        {
            LogNotPublished(exception, DeploymentId);
        }
    }

    private async Task ForgetAsync(AssignmentVersion version)
    {
        LogGone(DeploymentId);
        store.State.Assignment = null;
        await WriteAsync();
        await PublishAsync(routing => routing.OnRemovedAsync(DeploymentId, version));
        var gone = new AssignmentVersion(_knownPlan, 0);
        Announce(gone > version ? gone : version with { Revision = version.Revision + 1 }, null, "gone");
        Signal();
        DeactivateOnIdle();
    }

    /// <summary>The plan already holds the decision, so a copy that cannot be written now is written with the next event.</summary>
    private async Task WriteAsync()
    {
        try
        {
            if (Current is not null)
                await store.WriteStateAsync(CancellationToken.None);
            else
                await store.ClearStateAsync(CancellationToken.None);
            _isWritten = true;
        }
        catch (InconsistentStateException)
        {
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            _isWritten = false;
            LogNotWritten(exception, DeploymentId);
        }
    }

    /// <summary>The feed for people and tools: handed over at once, in the order of what happened.</summary>
    private void Announce(AssignmentVersion version, Assignment? assignment, string reason)
    {
        if (_published == version)
            return;
        events.Publish(new DeploymentEvent(DeploymentId, version, _published, assignment, reason));
        _published = version;
    }

    private void Signal()
    {
        _told = Current;
        Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
    }
}
