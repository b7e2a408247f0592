using Microsoft.Extensions.Logging;

namespace Orleans.Ml.Inference.Workers;

// Tells the observer and the log what became of the worker. Reasons are clean already (ReasonText): a model cannot forge a line.
internal sealed partial class WorkerSupervisor
{
    private void OnReady(WorkerReady ready)
    {
        LogReady(settings.DeploymentId, ready.Allocations, ready.ThreadsPerAllocation, ready.LoadTime, ready.Memory.ResidentBytes);
        Tell(() => observer.OnReady(ready));
    }

    private void OnCrashed(string reason, int restart)
    {
        LogCrashed(settings.DeploymentId, restart, MaxRestarts, reason);
        Tell(() => observer.OnCrashed(reason));
    }

    private void OnFailed(string reason)
    {
        LogFailed(settings.DeploymentId, reason);
        Tell(() => observer.OnFailed(reason));
    }

    private void Tell(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception exception)
        {
            // Whoever is told must not end what tells it.
            LogObserverThrew(settings.DeploymentId, exception);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Worker process {ProcessId} of {DeploymentId} was started.")]
    private partial void LogStarted(string deploymentId, int processId);

    [LoggerMessage(LogLevel.Information,
        "Worker of {DeploymentId} serves: {Allocations} allocations of {Threads} threads, loaded in {LoadTime}, {ResidentBytes} bytes resident.")]
    private partial void LogReady(string deploymentId, int allocations, int threads, TimeSpan loadTime, long residentBytes);

    [LoggerMessage(LogLevel.Warning, "Worker of {DeploymentId} crashed, restart {Restart} of {MaxRestarts} follows: {Reason}")]
    private partial void LogCrashed(string deploymentId, int restart, int maxRestarts, string reason);

    [LoggerMessage(LogLevel.Error, "Worker of {DeploymentId} has failed: {Reason}")]
    private partial void LogFailed(string deploymentId, string reason);

    [LoggerMessage(LogLevel.Error, "Worker of {DeploymentId} cannot be run.")]
    private partial void LogCannotRun(string deploymentId, Exception exception);

    [LoggerMessage(LogLevel.Error, "What uses the worker of {DeploymentId} threw.")]
    private partial void LogObserverThrew(string deploymentId, Exception exception);
}
