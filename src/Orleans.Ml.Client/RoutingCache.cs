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

    private readonly Lock _merging = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoutingSnapshot _snapshot = RoutingSnapshot.Empty;

    /// <summary>The newest table; read without a lock.</summary>
    public RoutingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Completes when the first table is there.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Asks for the table now and takes it in: for a caller who knows of something that the table does not show yet.</summary>
    public async Task<RoutingSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        Merge(await PollAsync(default, TimeSpan.Zero, cancellationToken));
        return Snapshot;
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
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogPollFailed(exception.Message);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<RoutingTable> PollAsync(RoutingVersion known, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait + PollMargin);
        return await grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).PollAsync(known, wait, limit.Token).WaitAsync(limit.Token);
    }

    private void Merge(RoutingTable table)
    {
        lock (_merging)
            Volatile.Write(ref _snapshot, _snapshot.Merge(table, grains));
        _loaded.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The routing table could not be polled: {Reason}")]
    private partial void LogPollFailed(string reason);
}
