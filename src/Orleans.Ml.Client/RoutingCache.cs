using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Client;

/// <summary>
/// This process's copy of the routing table, kept fresh by one long poll. In a silo <paramref name="members"/> tells who is alive, as soon as membership does;
/// elsewhere the list that travels with the table, which is why a poll is short: a table lost with its silo is asked for again soon.
/// </summary>
internal sealed partial class RoutingCache(IGrainFactory grains, TimeProvider time, ILogger<RoutingCache> logger, ILiveNodeSource? members = null)
    : BackgroundService
{
    /// <summary>A poll waits this long for news.</summary>
    private static readonly TimeSpan PollWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a start waits for the first table.</summary>
    private static readonly TimeSpan FirstTableLimit = TimeSpan.FromSeconds(10);

    /// <summary>Three polls without an answer: the cluster cannot be reached.</summary>
    private static readonly TimeSpan Freshness = 3 * (PollWait + LongPoll.Margin);

    private readonly Lock _merging = new();
    private readonly TaskCompletionSource _hasTable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoutingSnapshot _snapshot = RoutingSnapshot.Empty;
    private long _heardAt;

    /// <summary>The newest table; read without a lock.</summary>
    public RoutingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Whether the cluster has answered lately.</summary>
    public bool IsFresh => _hasTable.Task.IsCompleted && time.GetElapsedTime(Volatile.Read(ref _heardAt)) < Freshness;

    /// <summary>Ends with the first table, so that what starts next, such as the web server, can route; a cluster that is silent holds it for a while only.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _hasTable.Task.WaitAsync(FirstTableLimit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Asks for the table now and takes it in: for a caller who knows of something that the table does not show yet.</summary>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task<RoutingSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        Merge(await PollAsync(default, TimeSpan.Zero, cancellationToken));
        return Snapshot;
    }

    /// <summary>The same for a caller who has something to say also when the table does not answer.</summary>
    public async Task TryRefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogPollFailed(exception.Message);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(PollAsync(stoppingToken), WatchMembersAsync(stoppingToken));

    private async Task WatchMembersAsync(CancellationToken stoppingToken)
    {
        if (members is null)
            return;
        await foreach (var nodes in members.WatchAsync(stoppingToken))
            Replace(snapshot => snapshot.Merge(nodes, grains));
    }

    private Task PollAsync(CancellationToken stoppingToken) => LongPoll.RunAsync(
        async () => Merge(await PollAsync(Snapshot.Version, _hasTable.Task.IsCompleted ? PollWait : TimeSpan.Zero, stoppingToken)),
        LogPollFailed, RetryDelay, time, stoppingToken);

    private Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken) => LongPoll.AskAsync(
        "The routing table", wait, limit => grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).PollAsync(known, wait, limit), cancellationToken);

    private void Merge(RoutingTable table)
    {
        if (members is not null)
            table = table with { LiveNodes = [] };
        // A refresh can overtake the long poll: an older table of the same count would bring back what has been removed.
        Replace(snapshot => table.Version.Activation == snapshot.Version.Activation && table.Version.Revision <= snapshot.Version.Revision
            ? snapshot
            : snapshot.Merge(table, grains));
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        _hasTable.TrySetResult();
    }

    private void Replace(Func<RoutingSnapshot, RoutingSnapshot> replace)
    {
        RoutingSnapshot before, after;
        lock (_merging)
        {
            before = _snapshot;
            after = replace(before);
            Volatile.Write(ref _snapshot, after);
        }

        // Only now, so that whoever goes on elsewhere sees the table without the node.
        foreach (var (nodeId, life) in before.Nodes)
        {
            if (!ReferenceEquals(after.Nodes.GetValueOrDefault(nodeId), life))
                life.End();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The routing table could not be polled: {Reason}")]
    private partial void LogPollFailed(string reason);
}
