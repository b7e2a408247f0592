using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Inference;

/// <summary>
/// One node's serving engine, one per silo. It owns the node's capacity: a target says what should run, the node decides when there is room for it.
/// Safe on any thread; nothing computes on the caller's.
/// </summary>
public sealed partial class NodeRuntime : INode, IAsyncDisposable
{
    private static readonly TimeSpan MemoryQuestionLimit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CapacityLedger _ledger;
    private readonly DeploymentHost _host;
    private readonly List<NodeDeployment> _deployments = [];
    private ImmutableSortedDictionary<string, DeploymentTarget> _wanted = ImmutableSortedDictionary.Create<string, DeploymentTarget>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _changes;
    private long _sequence;
    private long _epoch;
    private long _applied;
    private string _address = "";
    private bool _isLeaving;
    private bool _isStopping;

    /// <summary>Makes the engine; it accepts no target before <see cref="BeginEpoch"/>.</summary>
    internal NodeRuntime(
        NodeOptions options, IModelWorkerFactory workers, IModelSource models, TimeProvider time, ILoggerFactory loggers, InferenceMetrics metrics)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<NodeRuntime>();
        _ledger = new(new(options.AllocatedProcessors, options.MemoryBytes));
        _host = new(models, workers, time, metrics, _logger);
        metrics.ShowNode(ReadUsed, _ledger.Capacity);
    }

    /// <summary>The node's id.</summary>
    public string NodeId => _options.NodeId;

    /// <inheritdoc/>
    long INode.AppliedPlan => Interlocked.Read(ref _applied);

    /// <summary>Tells the engine which life of the node this is. Once, before any target.</summary>
    /// <param name="epoch">The silo's generation; not 0.</param>
    /// <param name="address">Where the node can be reached, <c>ip:port</c>.</param>
    public void BeginEpoch(long epoch, string address = "")
    {
        ArgumentOutOfRangeException.ThrowIfZero(epoch);
        lock (_gate)
        {
            if (_epoch != 0)
                throw new InvalidOperationException($"Node [{NodeId}] lives in epoch [{_epoch}] already");
            (_epoch, _address) = (epoch, address);
        }
    }

    /// <summary>What the node is and which plan it has applied.</summary>
    public NodeSnapshot Describe()
    {
        lock (_gate)
            return new(NodeId, _epoch, _options.AllocatedProcessors, _options.MemoryBytes, _applied, _address, _options.ProductVersion, _options.Zone, _options.Roles, _isLeaving);
    }

    /// <summary>Says from now on that the node is about to stop; what it runs it serves on.</summary>
    /// <returns>False when it was said before, or the node never lived.</returns>
    public bool BeginLeaving()
    {
        lock (_gate)
        {
            if (_epoch == 0 || _isLeaving)
                return false;
            return _isLeaving = true;
        }
    }

    /// <summary>Reports deployments as stopping, so that no new request is sent here; those that come all the same are served on.</summary>
    public void Withdraw(IEnumerable<string> deploymentIds)
    {
        lock (_gate)
        {
            foreach (var deployment in _deployments.FindAll(d => deploymentIds.Contains(d.Parameters.DeploymentId)))
            {
                deployment.IsWithdrawn = true;
                Changed(deployment);
            }
        }
    }

    /// <summary>
    /// Takes in the node's whole target and answers before anything is loaded. Older plans, other epochs and other nodes' targets change nothing;
    /// neither does the same plan again.
    /// </summary>
    public TargetDecision Apply(NodeTarget target)
    {
        lock (_gate)
        {
            var isForUs = !_isStopping && _epoch != 0 && target.Epoch == _epoch && target.NodeId == NodeId && target.PlanVersion >= _applied;
            if (isForUs && target.PlanVersion > _applied)
            {
                Interlocked.Exchange(ref _applied, target.PlanVersion);
                Adopt(target);
            }

            return new(isForUs, _epoch, _applied, ExplainPending());
        }
    }

    /// <summary>Every route of the node as it is now, to be repeated upwards.</summary>
    public ImmutableArray<RouteReport> GetRoutes()
    {
        lock (_gate)
            return [.. _deployments.Select(Report)];
    }

    /// <summary>Routes that have changed, each in its latest state; first all there are. Slow readers miss states, never the last one.</summary>
    public async IAsyncEnumerable<ImmutableArray<RouteReport>> WatchRoutesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = 0L;
        while (true)
        {
            Task changed;
            ImmutableArray<RouteReport> news;
            lock (_gate)
            {
                changed = _changed.Task;
                news = [.. _deployments.Where(d => d.LastChange > seen).Select(Report)];
                seen = _changes;
            }

            if (news.IsEmpty)
                await changed.WaitAsync(cancellationToken);
            else
                yield return news;
        }
    }

    /// <summary>Runs documents through a deployment's model on this node. Expected outcomes are values.</summary>
    public ValueTask<InferenceReply> InferAsync(string deploymentId, InferenceInput input, CancellationToken cancellationToken) =>
        _host.Find(deploymentId) is { } model
            ? model.InferAsync(input, cancellationToken)
            : new(Replies.NotAllocatedHere(deploymentId, NodeId));

    /// <summary>Counters of those of the named deployments that are loaded here.</summary>
    public async ValueTask<NodeStats> GetStatsAsync(ImmutableArray<string> deploymentIds, CancellationToken cancellationToken)
    {
        List<LoadedModel> models = [.. deploymentIds.Select(_host.Find).OfType<LoadedModel>()];
        // A worker that does not answer in time is shown with what it last said.
        await Task.WhenAll(models.Select(m => m.RefreshMemoryAsync(cancellationToken)))
            .WaitAsync(MemoryQuestionLimit, _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Describe(), [.. models.Select(m => m.ReadStatistics())]);
    }

    /// <summary>Drains every deployment; those that are not done when the token is cancelled are stopped at once. Afterwards nothing runs, and nothing is accepted.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task lives;
        lock (_gate)
        {
            _isStopping = true;
            foreach (var deployment in _deployments)
                Stop(deployment, StopUrgency.Drain);
            lives = Task.WhenAll(_deployments.Select(d => d.Life));
        }

        await lives.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            foreach (var deployment in _deployments)
                Stop(deployment, StopUrgency.Now);
        }

        await lives;
    }

    /// <summary>Stops everything at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new(canceled: true));
        _host.Dispose();
    }
}
