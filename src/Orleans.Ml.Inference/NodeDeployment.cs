using System.Threading.Channels;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference;

/// <summary>How a deployment leaves the node. Ordered: a stop can become more urgent, never less.</summary>
internal enum StopUrgency
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>What waits is served first, within <see cref="DeploymentHost.DrainLimit"/>.</summary>
    Drain,

    /// <summary>What waits is refused, what runs gets <see cref="DeploymentHost.RunningLimit"/>.</summary>
    Forced,

    /// <summary>At once: the node itself is out of time.</summary>
    Now,
}

/// <summary>One deployment on this node, from the target that named it until it is let go. Guarded by the gate of its <see cref="NodeRuntime"/>.</summary>
internal sealed class NodeDeployment(TaskParameters parameters, long incarnation, int targetAllocations) : IDisposable
{
    // One is enough: whoever wakes looks at everything.
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _force = new();
    private readonly CancellationTokenSource _now = new();

    /// <summary>The deployment.</summary>
    public TaskParameters Parameters => parameters;

    /// <summary>Which deployment of that id.</summary>
    public long Incarnation => incarnation;

    /// <summary>Allocations the newest plan wants here.</summary>
    public int TargetAllocations { get; set; } = targetAllocations;

    /// <summary>Allocations the ledger holds room for; 0 while it waits for room, and once it has ended.</summary>
    public int HeldAllocations { get; set; }

    /// <summary>How far it is.</summary>
    public RoutingState State { get; set; } = RoutingState.Starting;

    /// <summary>Why it failed; empty otherwise.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Whether and how it is leaving.</summary>
    public StopUrgency Stop { get; private set; }

    /// <summary>Whether it serves what comes but is shown as stopping.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>Serves, or did until it was told to leave; null before.</summary>
    public LoadedModel? Model { get; set; }

    /// <summary>Its work in the background.</summary>
    public Task Life { get; set; } = Task.CompletedTask;

    /// <summary>Number of the node's change that was its last.</summary>
    public long LastChange { get; set; }

    /// <summary>Whether it waits for room, holding nothing.</summary>
    public bool IsPending => HeldAllocations == 0 && !HasEnded;

    /// <summary>Whether it waits for room to grow.</summary>
    public bool IsShort => !IsPending && !HasEnded && Stop == StopUrgency.None && TargetAllocations > HeldAllocations;

    /// <summary>Whether nothing of it is left on the node.</summary>
    public bool HasEnded => State is RoutingState.Failed or RoutingState.Stopped;

    /// <summary>Cancelled when it is to leave.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Cancelled when what waits is not to be served any more.</summary>
    public CancellationToken Forced => _force.Token;

    /// <summary>Cancelled when nothing is to be waited for any more.</summary>
    public CancellationToken OutOfTime => _now.Token;

    /// <summary>The route as it is.</summary>
    public Route Route => new(
        HasEnded ? 0 : Model?.Allocations ?? 0,
        Stop == StopUrgency.None && State != RoutingState.Stopped ? TargetAllocations : 0,
        State == RoutingState.Started && IsWithdrawn ? RoutingState.Stopping : State,
        Reason);

    /// <summary>Lets its work look at what has changed.</summary>
    public void Wake() => _wakeUps.Writer.TryWrite(true);

    /// <summary>Completes after the next <see cref="Wake"/>, or at once when one was not seen yet.</summary>
    public async Task WhenWokenAsync() => await _wakeUps.Reader.ReadAsync(CancellationToken.None);

    /// <summary>Tells its work to leave.</summary>
    /// <returns>False when it was told at least as urgently before.</returns>
    public bool TryStop(StopUrgency urgency)
    {
        if (Stop >= urgency)
            return false;
        Stop = urgency;
        State = RoutingState.Stopping;
        Model?.Queue.Refuse();
        // Elsewhere, because the caller holds the gate.
        _ = _stop.CancelAsync();
        if (urgency >= StopUrgency.Forced)
            _ = _force.CancelAsync();
        if (urgency >= StopUrgency.Now)
            _ = _now.CancelAsync();
        Wake();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _force.Dispose();
        _now.Dispose();
    }
}
