using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;
using Orleans.Storage;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>Owns one deployment: what was asked, what was planned, and how far each node has got.</summary>
[GrainType("ml-deployment")]
internal sealed partial class DeploymentGrain(
    [PersistentState("deployment")] IPersistentState<DeploymentState> store,
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
        if (Current is not null)
            throw new MlException(MlErrorKind.BadRequest, $"Could not start model deployment because an existing deployment with the same id [{DeploymentId}] exist");
        if (asked.FindProblems() is { Count: > 0 } problems)
            throw MlException.Validation(problems);
        var parameters = ParametersOf(asked, await GetDeployableAsync(asked));
        var placed = await Placement.PlaceAsync(parameters);
        LogStarted(DeploymentId, parameters.NumberOfAllocations, placed.PlanVersion);
        _knownPlan = placed.PlanVersion;
        await BecomeAsync(AssignmentTransitions.Plan(null, placed.Deployment, placed.PlanVersion));
        return Current!;
    }

    public async Task<bool> StopAsync(StopMode mode, string reason)
    {
        if (Current is not { } assignment)
            return false;
        if (await Placement.StopAsync(DeploymentId, assignment.Incarnation, mode, reason) is { } placed)
        {
            LogStopping(DeploymentId, mode, reason);
            _knownPlan = placed.PlanVersion;
            await BecomeAsync(AssignmentTransitions.Plan(assignment, placed.Deployment, placed.PlanVersion));
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
            await BecomeAsync(after);
    }

    public async Task OnPlannedAsync(PlannedDeployment planned, long planVersion)
    {
        if (planVersion > _knownPlan)
        {
            _knownPlan = planVersion;
            await BecomeAsync(AssignmentTransitions.Plan(Current, planned, planVersion));
        }
        else if (IsLeftBehind)
        {
            await BecomeAsync(Current!);
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

    private static TaskParameters ParametersOf(StartDeployment asked, TrainedModelConfig model) => new(
        asked.DeploymentId,
        asked.ModelId,
        model.Instance,
        model.ModelSizeBytes,
        asked.NumberOfAllocations,
        asked.ThreadsPerAllocation,
        asked.QueueCapacity,
        asked.CacheSizeBytes ?? model.ModelSizeBytes,
        asked.CacheSize ?? $"{model.ModelSizeBytes}b",
        asked.Priority,
        model.PerDeploymentMemoryBytes,
        model.PerAllocationMemoryBytes,
        model.InputFieldNames[0]);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The model with the size of its definition as stored; refuses in the order of deployment-runtime.md §1.1.</summary>
    private async Task<TrainedModelConfig> GetDeployableAsync(StartDeployment asked)
    {
        var model = await GrainFactory.GetGrain<ITrainedModelGrain>(asked.ModelId).GetAsync()
            ?? throw new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{asked.ModelId}]");
        if (asked.DeploymentId != asked.ModelId && await GrainFactory.GetGrain<ITrainedModelGrain>(asked.DeploymentId).GetAsync() is not null)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"Could not start model deployment with id [{asked.DeploymentId}] for model [{asked.ModelId}] because the id is that of another model");
        }

        if (model.FindDefinitionProblem() is { } problem)
            throw problem;
        return model.Config with { ModelSizeBytes = model.Parts[0].TotalLengthBytes };
    }

    /// <summary>Takes a new state: in memory, in the durable copy, and out to the routing table. A stopped deployment that no node holds any more is forgotten.</summary>
    private async Task BecomeAsync(Assignment assignment)
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

    private void Signal()
    {
        _told = Current;
        Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} was created with {NumberOfAllocations} allocations by plan {PlanVersion}")]
    private partial void LogStarted(string deploymentId, int numberOfAllocations, long planVersion);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} is being stopped ({Mode}): {Reason}")]
    private partial void LogStopping(string deploymentId, StopMode mode, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} is gone")]
    private partial void LogGone(string deploymentId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The state of deployment {DeploymentId} did not reach the routing table; it is sent again")]
    private partial void LogNotPublished(Exception exception, string deploymentId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The copy of deployment {DeploymentId} could not be written; it will be with the next event")]
    private partial void LogNotWritten(Exception exception, string deploymentId);
}
