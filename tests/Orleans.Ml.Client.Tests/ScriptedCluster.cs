using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Client.Tests;

/// <summary>The other side of the process boundary: a table to poll, and façades that answer as told.</summary>
internal sealed class ScriptedCluster : IGrainFactory
{
    private readonly Dictionary<string, Func<InferenceInput, CancellationToken, Task<InferenceReply>>> _nodes = [];

    public RoutingTable Table { get; set; } = new(new RoutingVersion(Guid.NewGuid(), 1), true, 1, [], []);

    /// <summary>What a poll does; by default it gets the table.</summary>
    public Func<CancellationToken, Task<RoutingTable>>? OnPoll { get; set; }

    public HashSet<string> Models { get; } = [];

    public ModelAliases Aliases { get; set; } = ModelAliases.Empty;

    public List<string> Called { get; } = [];

    public ScriptedCluster Node(string node, InferenceReply reply) => Node(node, (_, _) => Task.FromResult(reply));

    public ScriptedCluster Node(string node, Func<InferenceInput, CancellationToken, Task<InferenceReply>> answer)
    {
        _nodes[node] = answer;
        return this;
    }

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)(object)(typeof(TGrainInterface).Name switch
        {
            nameof(IRoutingGrain) => new Routing(this),
            nameof(IInferenceGrain) => new Facade(this, primaryKey),
            nameof(IModelAliasGrain) => new AliasGrain(Aliases),
            nameof(ITrainedModelGrain) => new Model(Models.Contains(primaryKey)),
            var other => throw new NotSupportedException(other),
        });

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();

    private sealed class Routing(ScriptedCluster cluster) : IRoutingGrain
    {
        public async Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken)
        {
            if (cluster.OnPoll is { } poll)
                return await poll(cancellationToken);
            if (known == cluster.Table.Version)
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            return cluster.Table;
        }

        public Task OnAssignmentAsync(Deployments.Assignment assignment) => throw new NotSupportedException();

        public Task OnRemovedAsync(string deploymentId, Deployments.AssignmentVersion version) => throw new NotSupportedException();

        public Task OnNodesAsync(System.Collections.Immutable.ImmutableArray<LiveNode> nodes, long membershipVersion) => throw new NotSupportedException();
    }

    private sealed class Facade(ScriptedCluster cluster, string key) : IInferenceGrain
    {
        public Task<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken)
        {
            var node = NodeKey.NodeOf(key);
            cluster.Called.Add(node);
            return cluster._nodes[node](input, cancellationToken);
        }
    }

    private sealed class AliasGrain(ModelAliases aliases) : IModelAliasGrain
    {
        public Task<ModelAliases> PollAsync(long known, TimeSpan wait, CancellationToken cancellationToken) => Task.FromResult(aliases);

        public Task<ModelAliases> PutAsync(string alias, string modelId, string? current) => throw new NotSupportedException();

        public Task<ModelAliases> RemoveAsync(string alias, string modelId) => throw new NotSupportedException();

        public Task<ModelAliases> RemoveModelAsync(string modelId) => throw new NotSupportedException();
    }

    private sealed class Model(bool exists) : ITrainedModelGrain
    {
        public Task<TrainedModel?> GetAsync() => Task.FromResult(exists
            ? new TrainedModel(new TrainedModelConfig("m", "1", null, [], null, ["text_field"], new PassThroughConfig(new Tokenization(), null), DateTimeOffset.UnixEpoch, 0, 0, null, null, 0, 0), [], null)
            : null);

        public Task<TrainedModel> CreateAsync(TrainedModelConfig config) => throw new NotSupportedException();

        public Task AddPartAsync(string instance, DefinitionPart part) => throw new NotSupportedException();

        public Task SetVocabularyAsync(string instance, string fileName) => throw new NotSupportedException();

        public Task<bool> DeleteAsync() => throw new NotSupportedException();
    }
}
