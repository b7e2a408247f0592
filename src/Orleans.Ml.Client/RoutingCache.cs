using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Client;

/// <summary>This process's copy of the routing table, kept fresh by one long poll.</summary>
internal sealed partial class RoutingCache(IGrainFactory grains, TimeProvider time, ILogger<RoutingCache> logger) : BackgroundService
{
    /// <summary>A poll waits this long for news.</summary>
    private static readonly TimeSpan PollWait = TimeSpan.FromSeconds(3);

    /// <summary>A poll is ended here this long after its wait, so that a lost grain cannot hold it.</summary>
    private static readonly TimeSpan PollMargin = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(0.25);

    /// <summary>Three polls without an answer: the cluster cannot be reached.</summary>
    private static readonly TimeSpan Freshness = 3 * (PollWait + PollMargin);

    private readonly Lock _merging = new();
    private RoutingSnapshot _snapshot = RoutingSnapshot.Empty;
    private long? _heardAt;

    /// <summary>The newest table; read without a lock.</summary>
    public RoutingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Whether the cluster has answered lately.</summary>
    public bool IsFresh
    {
        get
        {
            lock (_merging)
                return _heardAt is { } heardAt && time.GetElapsedTime(heardAt) < Freshness;
        }
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
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Merge(await PollAsync(Snapshot.Version, PollWait, stoppingToken));
            }
            catch (Exception exception)
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                LogPollFailed(exception.Message);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait + PollMargin);
        try
        {
            return await grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).PollAsync(known, wait, limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The routing table did not answer within [{(wait + PollMargin).TotalSeconds}s]");
        }
    }

    private void Merge(RoutingTable table)
    {
        lock (_merging)
        {
            _heardAt = time.GetTimestamp();
            // A refresh can overtake the long poll: an older table of the same count would bring back what has been removed.
            if (table.Version.Activation != _snapshot.Version.Activation || table.Version.Revision > _snapshot.Version.Revision)
                Volatile.Write(ref _snapshot, _snapshot.Merge(table, grains));
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The routing table could not be polled: {Reason}")]
    private partial void LogPollFailed(string reason);
}
