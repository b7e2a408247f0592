using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Speaks for the node: what becomes of its routes at once, and everything it knows every two seconds. Nobody's answer is awaited.</summary>
internal sealed partial class NodeAgent(NodeRuntime runtime, IGrainFactory grains, TimeProvider time, ILogger<NodeAgent> logger) : BackgroundService
{
    private static readonly TimeSpan Repetition = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(ReportChangesAsync(stoppingToken), RepeatAsync(stoppingToken));

    private async Task ReportChangesAsync(CancellationToken stoppingToken)
    {
        await foreach (var changes in runtime.WatchRoutesAsync(stoppingToken))
            Report(changes);
    }

    private async Task RepeatAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Repetition, time);
        do
        {
            IntroduceAsync().Ignore();
            Report(runtime.GetRoutes());
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Report(ImmutableArray<RouteReport> reports)
    {
        foreach (var report in reports)
            ReportAsync(report).Ignore();
    }

    private async Task IntroduceAsync()
    {
        try
        {
            await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).OnNodeAsync(runtime.Describe());
        }
        catch (Exception exception)
        {
            LogNotIntroduced(exception.Message);
        }
    }

    private async Task ReportAsync(RouteReport report)
    {
        try
        {
            await grains.GetGrain<IDeploymentGrain>(report.DeploymentId).OnRouteAsync(report);
        }
        catch (Exception exception)
        {
            LogNotReported(report.DeploymentId, report.Route.State, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node could not introduce itself: {Reason}; it does so again")]
    private partial void LogNotIntroduced(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Route {State} of deployment {DeploymentId} could not be reported: {Reason}; it is reported again")]
    private partial void LogNotReported(string deploymentId, RoutingState state, string reason);
}
