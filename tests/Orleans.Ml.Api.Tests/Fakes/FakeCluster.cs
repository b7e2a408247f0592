using System.Collections.Concurrent;
using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>The grains behind the API, in memory: the process boundary that the API calls across.</summary>
internal sealed class FakeCluster : IGrainFactory
{
    private readonly ConcurrentDictionary<string, FakeTrainedModelGrain> _models = new();
    private readonly ConcurrentDictionary<string, FakeDeploymentGrain> _deployments = new();
    private readonly ConcurrentDictionary<string, FakeNodeGrain> _nodes = new();

    public InMemoryModelStore Store { get; } = new();

    public FakeModelAliasGrain Aliases { get; } = new();

    public FakeRoutingGrain Routing { get; } = new();

    public FakePlacementGrain Placement { get; } = new();

    public FakeTrainedModelGrain Model(string id) => _models.GetOrAdd(id, key => new(key, Store));

    public FakeDeploymentGrain Deployment(string id) => _deployments.GetOrAdd(id, key => new(key, Placement));

    public FakeNodeGrain Node(string id) => _nodes.GetOrAdd(id, key => new(key));

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithStringKey
    {
        object grain = typeof(TGrainInterface) switch
        {
            var t when t == typeof(ITrainedModelGrain) => Model(primaryKey),
            var t when t == typeof(IDeploymentGrain) => Deployment(primaryKey),
            var t when t == typeof(INodeGrain) => Node(primaryKey),
            var t when t == typeof(IPlacementGrain) => Placement,
            var t when t == typeof(IModelAliasGrain) => Aliases,
            var t when t == typeof(IRoutingGrain) => Routing,
            var t => throw new NotSupportedException(t.Name),
        };
        return (TGrainInterface)grain;
    }

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();
    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithIntegerKey => throw new NotSupportedException();
    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();
    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();
    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();
    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();
    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();
    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();
    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();
    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();
    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();
    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable => throw new NotSupportedException();
    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();
    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();
    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj) where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();
    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj) where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();
}

internal sealed class FakeTrainedModelGrain(string id, IModelStore store) : ITrainedModelGrain
{
    public TrainedModel? Model { get; set; }

    /// <summary>Whether a deletion broke off half-way: it shows nowhere, and its files are still there.</summary>
    public bool IsDeleting { get; set; }

    public Task<TrainedModel?> GetAsync() => Task.FromResult(IsDeleting ? null : Model);

    public Task<TrainedModel> CreateAsync(TrainedModelConfig config) => Model is null
        ? Task.FromResult(Model = new(config, [], null))
        : throw new MlException(MlErrorKind.AlreadyExists, $"model [{id}] already exists");

    public Task AddPartAsync(string instance, DefinitionPart part)
    {
        if (Model?.Config.Instance != instance)
            throw new MlException(MlErrorKind.NotFound, $"model [{id}]");
        if (Model.Parts.Any(p => p.Number == part.Number))
            throw new MlException(MlErrorKind.AlreadyExists, $"part [{part.Number}]");
        var config = Model.Config.ModelSizeBytes == 0 ? Model.Config with { ModelSizeBytes = part.TotalLengthBytes } : Model.Config;
        Model = Model with { Config = config, Parts = [.. Model.Parts.Append(part).OrderBy(p => p.Number)] };
        return Task.CompletedTask;
    }

    public Task SetVocabularyAsync(string instance, string fileName)
    {
        Model = Model! with { VocabularyFile = fileName };
        return Task.CompletedTask;
    }

    /// <summary>Happens while it is deleted, before anybody can see that.</summary>
    public Func<Task> BeforeDeletion { get; set; } = () => Task.CompletedTask;

    /// <summary>Happens when it is gone, before the caller hears of it.</summary>
    public Func<Task> AfterDeletion { get; set; } = () => Task.CompletedTask;

    public async Task<bool> DeleteAsync()
    {
        await BeforeDeletion();
        if (Model is not { } model)
            return false;
        await store.DeleteModelAsync(id, model.Config.Instance, default);
        Model = null;
        await AfterDeletion();
        return true;
    }
}

internal sealed class FakeModelAliasGrain : IModelAliasGrain
{
    public ModelAliases Now { get; private set; } = ModelAliases.Empty;

    public Task<ModelAliases> PollAsync(long known, TimeSpan wait, CancellationToken cancellationToken) => Task.FromResult(Now);

    public Task<ModelAliases> PutAsync(string alias, string modelId, string? current) => SetAsync(Now.ByAlias.SetItem(alias, modelId));

    public Task<ModelAliases> RemoveAsync(string alias, string modelId) => SetAsync(Now.ByAlias.Remove(alias));

    public Task<ModelAliases> RemoveModelAsync(string modelId) =>
        SetAsync(Now.ByAlias.RemoveRange(Now.ByAlias.Where(a => a.Value == modelId).Select(a => a.Key)));

    private Task<ModelAliases> SetAsync(ImmutableSortedDictionary<string, string> aliases) => Task.FromResult(Now = new(Now.Version + 1, aliases));
}

internal sealed class FakeRoutingGrain : IRoutingGrain
{
    /// <summary>The nodes that are alive.</summary>
    public ImmutableArray<LiveNode> Nodes { get; set; } = [new("node-1", 3)];

    public Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken) =>
        Task.FromResult(new RoutingTable(new(Guid.Empty, 1), true, 1, [], Nodes));

    public Task OnAssignmentAsync(Assignment assignment) => throw new NotSupportedException();

    public Task OnRemovedAsync(string deploymentId, AssignmentVersion version) => throw new NotSupportedException();

    public Task OnNodesAsync(ImmutableArray<LiveNode> nodes, long membershipVersion) => throw new NotSupportedException();
}

internal sealed class FakePlacementGrain : IPlacementGrain
{
    public ClusterPlan Plan { get; set; } = ClusterPlan.Empty;

    /// <summary>How many of the next readings are lost with a silo.</summary>
    public int LostReadings { get; set; }

    public Task<ClusterPlan> GetPlanAsync() =>
        LostReadings-- > 0 ? Task.FromException<ClusterPlan>(new SiloUnavailableException()) : Task.FromResult(Plan);

    public Task<PlacedDeployment> PlaceAsync(TaskParameters asked) => throw new NotSupportedException();

    /// <summary>What it says of a deployment.</summary>
    public PlacementExplanation? Explanation { get; set; }

    public Task<PlacementExplanation> ProposeAsync(TaskParameters asked) => throw new NotSupportedException();

    public Task<PlacedDeployment?> UpdateAsync(string deploymentId, long incarnation, int numberOfAllocations, AdaptiveAllocations? adaptiveAllocations) =>
        throw new NotSupportedException();

    public Task OnRoutedAsync(long planVersion) => throw new NotSupportedException();

    public Task<PlacementExplanation?> ExplainAsync(string deploymentId) =>
        Task.FromResult(Explanation?.DeploymentId == deploymentId ? Explanation : null);

    public Task<PlacedDeployment?> StopAsync(string deploymentId, long incarnation, StopMode mode, string reason) => throw new NotSupportedException();

    public Task<long> RemoveAsync(string deploymentId, long incarnation) => throw new NotSupportedException();

    public Task OnMembershipAsync(long membershipVersion) => throw new NotSupportedException();

    public Task OnNodeAsync(NodeSnapshot node) => throw new NotSupportedException();

    public Task<ImmutableArray<Takeover>> LeaveAsync(NodeSnapshot node) => throw new NotSupportedException();
}

internal sealed class FakeDeploymentGrain(string id, FakePlacementGrain placement) : IDeploymentGrain
{
    public Assignment? Assignment { get; set; }

    public StartDeployment? Asked { get; private set; }

    public StopMode Stopped { get; private set; }

    public StartDeployment? Proposed { get; private set; }

    public UpdateDeployment? Updated { get; private set; }

    /// <summary>What a proposal says.</summary>
    public Func<StartDeployment, Task<PlacementExplanation>> OnPropose { get; set; } = _ => throw new NotSupportedException();

    /// <summary>What an update does; by default nothing changes.</summary>
    public Func<UpdateDeployment, Task<Assignment>>? OnUpdate { get; set; }

    /// <summary>What a start does; by default it starts.</summary>
    public Func<StartDeployment, Task<Assignment>>? OnStart { get; set; }

    /// <summary>What a wait does; by default its goal is reached.</summary>
    public Func<WaitGoal, TimeSpan, CancellationToken, Task<WaitResult>>? OnWait { get; set; }

    public Task<Assignment?> GetAsync() => Task.FromResult(Assignment);

    public async Task<Assignment> StartAsync(StartDeployment asked)
    {
        Asked = asked;
        if (OnStart is not null)
            return await OnStart(asked);
        Assignment = Given.Assignment(asked);
        placement.Plan = placement.Plan with
        {
            Deployments = placement.Plan.Deployments.SetItem(id, new(Assignment.TaskParameters, Assignment.Incarnation, Assignment.StartTime, [new("node-1", 1)], null)),
        };
        return Assignment;
    }

    public Task<PlacementExplanation> ProposeStartAsync(StartDeployment asked)
    {
        Proposed = asked;
        return OnPropose(asked);
    }

    public Task<Assignment> UpdateAsync(UpdateDeployment asked)
    {
        Updated = asked;
        return OnUpdate is not null ? OnUpdate(asked) : Task.FromResult(Assignment
            ?? throw new MlException(MlErrorKind.NotFound, $"No known model deployment with id [{id}]"));
    }

    public Task<bool> StopAsync(StopMode mode, string reason, long? incarnation = null)
    {
        if (Assignment is null || (incarnation is not null && incarnation != Assignment.Incarnation))
            return Task.FromResult(false);
        Stopped = mode;
        Assignment = null;
        placement.Plan = placement.Plan with { Deployments = placement.Plan.Deployments.Remove(id) };
        return Task.FromResult(true);
    }

    public Task<WaitResult> WaitForAsync(WaitGoal goal, long incarnation, TimeSpan wait, CancellationToken cancellationToken) =>
        OnWait is not null ? OnWait(goal, wait, cancellationToken) : Task.FromResult(Given.Wait(WaitOutcome.Reached, Assignment));

    public Task OnRouteAsync(RouteReport report) => throw new NotSupportedException();

    public Task OnPlannedAsync(PlannedDeployment planned, long planVersion) => throw new NotSupportedException();

    public Task OnUnplannedAsync(long planVersion) => throw new NotSupportedException();
}

internal sealed class FakeNodeGrain(string id) : INodeGrain
{
    /// <summary>What it answers; by default a node that has nothing loaded.</summary>
    public Func<Task<NodeStats>>? OnStats { get; set; }

    public Task<NodeSnapshot> DescribeAsync() => Task.FromResult(Given.Node(id));

    public Task<TargetDecision> ApplyAsync(NodeTarget target) => throw new NotSupportedException();

    public Task<NodeStats> GetStatsAsync(ImmutableArray<string> deploymentIds) => OnStats?.Invoke() ?? Task.FromResult(new NodeStats(Given.Node(id), []));
}
