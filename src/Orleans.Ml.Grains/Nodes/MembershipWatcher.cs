using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Pokes placement and routing when the cluster's membership changes, and repeats itself so that a lost word does no harm.</summary>
internal sealed partial class MembershipWatcher(
    IClusterMembershipService membership,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<MembershipWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Repetition = TimeSpan.FromSeconds(2);

    /// <summary>A plan may be made and written meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Orleans reads the members less and less often while it cannot, up to once a minute. When it can again nobody should wait that long for what has changed.
    /// </summary>
    private static readonly TimeSpan LongestIgnorance = TimeSpan.FromSeconds(10);

    private Task _reading = Task.CompletedTask;
    private long _read = time.GetTimestamp();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Repetition, time);
        var changes = membership.MembershipUpdates.GetAsyncEnumerator(stoppingToken);
        try
        {
            var change = changes.MoveNextAsync().AsTask();
            var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            while (await await Task.WhenAny(change, tick))
            {
                ReadNow(stoppingToken);
                await TellAsync(membership.CurrentSnapshot);
                if (change.IsCompleted)
                    change = changes.MoveNextAsync().AsTask();
                if (tick.IsCompleted)
                    tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogEnded();
        }
    }

    private void ReadNow(CancellationToken stoppingToken)
    {
        if (!_reading.IsCompleted || time.GetElapsedTime(_read) < LongestIgnorance)
            return;
        _read = time.GetTimestamp();
        _reading = ReadAsync(stoppingToken);
    }

    private async Task ReadAsync(CancellationToken stoppingToken)
    {
        try
        {
            await membership.Refresh(default, stoppingToken);
        }
        catch (Exception exception)
        {
            LogNotRead(exception.Message);
        }
    }

    /// <summary>Each is told on its own and for a moment only: what one of them hangs on may be what the other has to hear of.</summary>
    private Task TellAsync(ClusterMembershipSnapshot snapshot)
    {
        var version = snapshot.Version.Value;
        var nodes = MembershipNodes.Live(snapshot);
        return Task.WhenAll(
            TellAsync(version, () => grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).OnNodesAsync(nodes, version)),
            TellAsync(version, () => grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).OnMembershipAsync(version)));
    }

    private async Task TellAsync(long version, Func<Task> tell)
    {
        try
        {
            await tell().WaitAsync(Patience, time);
        }
        catch (Exception exception)
        {
            LogNotTold(version, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Membership {Version} could not be told: {Reason}; it is told again")]
    private partial void LogNotTold(long version, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Membership cannot be read: {Reason}; it is read again")]
    private partial void LogNotRead(string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Membership is no longer watched: the silo stops")]
    private partial void LogEnded();
}
