using System.Collections.Concurrent;
using System.Threading.Channels;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Streams;

namespace Orleans.Ml.Grains.Tests;

/// <summary>A subscriber as docs/events.md describes it: it follows events, and reads the state again after a gap or when nothing was heard for a while.</summary>
internal sealed class DeploymentFeed(IClusterClient cluster) : IAsyncObserver<DeploymentEvent>, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Assignment> _known = new(StringComparer.Ordinal);
    private readonly Channel<DeploymentEvent> _heard = Channel.CreateUnbounded<DeploymentEvent>();
    private StreamSubscriptionHandle<DeploymentEvent>? _subscription;
    private int _readings;

    /// <summary>How often it had to read the state.</summary>
    public int Readings => _readings;

    /// <summary>Events as they came.</summary>
    public ChannelReader<DeploymentEvent> Heard => _heard.Reader;

    public Assignment? Known(string deploymentId) => _known.GetValueOrDefault(deploymentId);

    public async Task SubscribeAsync()
    {
        _subscription = await cluster.GetStreamProvider(DeploymentEvents.ProviderName)
            .GetStream<DeploymentEvent>(StreamId.Create(DeploymentEvents.StreamNamespace, DeploymentEvents.StreamKey))
            .SubscribeAsync(this);
        await ReadAsync();
    }

    public async Task OnNextAsync(DeploymentEvent item, StreamSequenceToken? token = null)
    {
        var known = Known(item.DeploymentId)?.Version;
        if (item.IsAfterGap(known))
            await ReadAsync();
        else if (item.IsNewerThan(known))
            Take(item.DeploymentId, item.Assignment);
        _heard.Writer.TryWrite(item);
    }

    public Task OnErrorAsync(Exception ex) => ReadAsync();

    /// <summary>The next event; after a silence of <paramref name="wait"/> null, and the state was read.</summary>
    public async Task<DeploymentEvent?> NextAsync(TimeSpan wait)
    {
        using var silence = new CancellationTokenSource(wait);
        try
        {
            return await Heard.ReadAsync(silence.Token);
        }
        catch (OperationCanceledException)
        {
            await ReadAfterSilenceAsync();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
            await _subscription.UnsubscribeAsync();
    }

    /// <summary>News that no event told of: the subscription has gone with a silo.</summary>
    private async Task ReadAfterSilenceAsync()
    {
        try
        {
            var before = _known.ToDictionary(k => k.Key, k => k.Value.Version);
            await ReadAsync();
            if (before.Count != _known.Count || _known.Any(k => !before.TryGetValue(k.Key, out var version) || version != k.Value.Version))
                await SubscribeAsync();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // Whoever was asked has gone as well; the next silence reads again.
        }
    }

    private async Task ReadAsync()
    {
        Interlocked.Increment(ref _readings);
        var plan = await cluster.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        foreach (var id in plan.Deployments.Keys.Union(_known.Keys))
            Take(id, await cluster.GetGrain<IDeploymentGrain>(id).GetAsync());
    }

    private void Take(string deploymentId, Assignment? assignment)
    {
        if (assignment is null)
            _known.TryRemove(deploymentId, out _);
        else
            _known[deploymentId] = assignment;
    }
}
