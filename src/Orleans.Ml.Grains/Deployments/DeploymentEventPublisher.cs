using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Streams;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>
/// Carries the events of this silo's deployments to their stream, one after the other and outside of every grain's turn: whoever publishes never waits and never
/// fails. A stream that does not keep up loses the oldest events, which subscribers see.
/// </summary>
internal sealed partial class DeploymentEventPublisher : BackgroundService
{
    private const int Capacity = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IStreamProvider? _provider;
    private readonly Channel<DeploymentEvent> _waiting;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public DeploymentEventPublisher(IServiceProvider services, TimeProvider time, ILogger<DeploymentEventPublisher> logger)
    {
        (_time, _logger) = (time, logger);
        _provider = services.GetKeyedService<IStreamProvider>(DeploymentEvents.ProviderName);
        _waiting = Channel.CreateBounded<DeploymentEvent>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped => LogLost(null, dropped.DeploymentId, dropped.Version));
    }

    /// <summary>Sends an event when those before it have been sent.</summary>
    public void Publish(DeploymentEvent change)
    {
        if (_provider is not null)
            _waiting.Writer.TryWrite(change);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                // Asked for each time: the provider is ready with the silo, and it is a look-up.
                var stream = _provider!.GetStream<DeploymentEvent>(StreamId.Create(DeploymentEvents.StreamNamespace, DeploymentEvents.StreamKey));
                await stream.OnNextAsync(change).WaitAsync(Patience, _time, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(exception, change.DeploymentId, change.Version);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An event of deployment {DeploymentId} ({Version}) did not reach its stream; subscribers read the state again")]
    private partial void LogLost(Exception? exception, string deploymentId, AssignmentVersion version);
}
