using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Inference;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Ties the node's engine to the silo's life: its generation is the node's epoch, and its end is the engine's.</summary>
internal sealed class NodeLifecycle(
    NodeRuntime runtime,
    NodeDeparture departure,
    ILocalSiloDetails silo,
    IOptions<LocalModelOptions> models,
    IOptions<ClusterMembershipOptions> membership,
    ILogger<NodeLifecycle> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>How long the silo tries to say that it goes, twice: a silo that does not say so is found out by the others.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(1);

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(NodeLifecycle), ServiceLifecycleStage.ApplicationServices, BeginAsync);
        // At Active the silo is still reachable while it stops: running requests can be answered.
        lifecycle.Subscribe(nameof(NodeLifecycle), ServiceLifecycleStage.Active, _ => Task.CompletedTask, StopAsync);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        // They would go on computing beside the ones this node starts, on processors that are counted once.
        await LeftoverWorkers.KillAsync(models.Value.Directory, logger, cancellationToken);
        if (Directory.Exists(models.Value.Directory))
            Directory.Delete(models.Value.Directory, recursive: true);
        runtime.BeginEpoch(silo.SiloAddress.Generation, silo.SiloAddress.Endpoint.ToString());
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(departure.TimeLeft);
        await runtime.StopAsync(limit.Token);
        // All that is left of membership is the farewell. Orleans tries it for as long as a silo may take to join (5 minutes by default) and has no other limit.
        membership.Value.MaxJoinAttemptTime = FarewellLimit;
    }
}
