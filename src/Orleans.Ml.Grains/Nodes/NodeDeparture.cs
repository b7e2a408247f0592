using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Placement;
using Orleans.Ml.Planning;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>
/// Takes a node out of service before anything of it stops: others take over, then requests go there, and only then does the silo begin to stop. It runs while
/// everything of the host still does, its HTTP and its reports included; what comes after it finds nothing to do but requests that are nearly done.
/// </summary>
internal sealed partial class NodeDeparture(
    NodeRuntime runtime, IGrainFactory grains, IOptions<NodeOptions> options, TimeProvider time, ILogger<NodeDeparture> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(0.25);

    /// <summary>How long requests may still arrive that were sent by the routing table before: a process that has just lost its poll has the new one within this.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.3);

    /// <summary>Part of the limit that is kept for running work, whoever has not taken over yet.</summary>
    private const double ShareOfRunningWork = 0.25;

    private readonly TimeSpan _limit = options.Value.LeaveLimit;
    private long? _began;

    /// <summary>What is left of <see cref="NodeOptions.LeaveLimit"/>.</summary>
    public TimeSpan TimeLeft => _began is { } began && _limit - time.GetElapsedTime(began) is var left ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : _limit;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || !runtime.BeginLeaving())
            return;
        _began = time.GetTimestamp();
        using var late = new CancellationTokenSource(_limit * (1 - ShareOfRunningWork), time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await LeaveAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogOutOfTime(runtime.NodeId);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        // Nothing to take over, or nobody to do it: a single node stops at once.
        if (await SeeAsync((takeovers, states) => takeovers.All(t => Takeovers.IsDone(t, states(t.DeploymentId))), cancellationToken) is not { IsEmpty: false } served)
            return;
        LogTakenOver(runtime.NodeId, served.Length);
        runtime.Withdraw(served);
        await SeeAsync((takeovers, states) => takeovers.All(t => !IsRoutedHere(states(t.DeploymentId))), cancellationToken);
        await Task.Delay(Grace, time, cancellationToken);
    }

    private bool IsRoutedHere(Assignment? assignment) =>
        assignment?.RoutingTable.TryGetValue(runtime.NodeId, out var route) == true && route.State == RoutingState.Started;

    /// <summary>Watches the routing table until it shows what is waited for.</summary>
    /// <returns>Deployments of this node that are served elsewhere by then.</returns>
    private async Task<ImmutableArray<string>> SeeAsync(
        Func<IReadOnlyCollection<Takeover>, Func<string, Assignment?>, bool> isSeen, CancellationToken cancellationToken)
    {
        for (var known = default(RoutingVersion); ;)
        {
            try
            {
                // Asked every time: the plan goes on, and whoever was to take over may leave as well.
                var takeovers = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).LeaveAsync(runtime.Describe()).WaitAsync(Patience, time, cancellationToken);
                var possible = takeovers.Where(t => !t.Elsewhere.IsEmpty).ToList();
                if (possible.Count == 0)
                    return [];
                var table = await grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key).PollAsync(known, PollWait, cancellationToken).WaitAsync(Patience, time, cancellationToken);
                known = table.Version;
                var states = table.Deployments.ToDictionary(a => a.TaskParameters.DeploymentId, StringComparer.Ordinal);
                if (table.IsComplete && isSeen(possible, states.GetValueOrDefault))
                    return [.. possible.Where(t => Takeovers.IsServedElsewhere(t, states.GetValueOrDefault(t.DeploymentId))).Select(t => t.DeploymentId)];
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // What was asked may itself be moving.
                LogNotHeard(exception.Message);
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {NodeId} leaves: others serve {Deployments} of its deployments")]
    private partial void LogTakenOver(string nodeId, int deployments);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {NodeId} leaves although others have not taken over in time")]
    private partial void LogOutOfTime(string nodeId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The leaving node could not ask who takes over: {Reason}; it asks again")]
    private partial void LogNotHeard(string reason);
}
