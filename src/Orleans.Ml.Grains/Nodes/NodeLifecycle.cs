using Microsoft.Extensions.Options;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Ties the node's engine to the silo's life: its generation is the node's epoch, and its end is the engine's.</summary>
internal sealed class NodeLifecycle(NodeRuntime runtime, NodeDeparture departure, ILocalSiloDetails silo, IOptions<LocalModelOptions> models) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(NodeLifecycle), ServiceLifecycleStage.ApplicationServices, BeginAsync);
        // At Active the silo is still reachable while it stops: running requests can be answered.
        lifecycle.Subscribe(nameof(NodeLifecycle), ServiceLifecycleStage.Active, _ => Task.CompletedTask, StopAsync);
    }

    private Task BeginAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(models.Value.Directory))
            Directory.Delete(models.Value.Directory, recursive: true);
        runtime.BeginEpoch(silo.SiloAddress.Generation, silo.SiloAddress.Endpoint.ToString());
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(departure.TimeLeft);
        await runtime.StopAsync(limit.Token);
    }
}
