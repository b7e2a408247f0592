using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Models;

namespace Orleans.Ml.Client;

/// <summary>This process's copy of the model aliases, kept fresh by one long poll; requests read it without a lock.</summary>
public sealed partial class AliasCache(IGrainFactory grains, TimeProvider time, ILogger<AliasCache> logger) : BackgroundService
{
    private static readonly TimeSpan PollWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(0.5);

    private readonly Lock _merging = new();
    private volatile Snapshot _snapshot = new(-1, FrozenDictionary<string, string>.Empty);

    /// <summary>The model an alias names; null when it is no alias.</summary>
    public string? ModelOf(string alias) => _snapshot.ByAlias.GetValueOrDefault(alias);

    /// <summary>Asks now: for a caller who knows of an alias that is not here yet.</summary>
    /// <exception cref="TimeoutException">The grain does not answer.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken) => Merge(await PollAsync(-1, TimeSpan.Zero, cancellationToken));

    /// <summary>Takes in what is newer than what is known.</summary>
    public void Merge(ModelAliases aliases)
    {
        lock (_merging)
        {
            if (aliases.Version > _snapshot.Version)
                _snapshot = new(aliases.Version, aliases.ByAlias.ToFrozenDictionary(StringComparer.Ordinal));
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => LongPoll.RunAsync(
        async () => Merge(await PollAsync(_snapshot.Version, PollWait, stoppingToken)), LogPollFailed, RetryDelay, time, stoppingToken);

    private Task<ModelAliases> PollAsync(long known, TimeSpan wait, CancellationToken cancellationToken) => LongPoll.AskAsync(
        "The model aliases", wait, limit => grains.GetGrain<IModelAliasGrain>(IModelAliasGrain.Key).PollAsync(known, wait, limit), cancellationToken);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The model aliases could not be polled: {Reason}")]
    private partial void LogPollFailed(string reason);

    private sealed record Snapshot(long Version, FrozenDictionary<string, string> ByAlias);
}
