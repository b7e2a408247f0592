using Microsoft.Extensions.Logging;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Grains.Deployments;

internal sealed partial class DeploymentGrain
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} was created with {NumberOfAllocations} allocations by plan {PlanVersion}")]
    private partial void LogStarted(string deploymentId, int numberOfAllocations, long planVersion);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} is updated from {Before} to {NumberOfAllocations} allocations by plan {PlanVersion}")]
    private partial void LogUpdated(string deploymentId, int before, int numberOfAllocations, long planVersion);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} is being stopped ({Mode}): {Reason}")]
    private partial void LogStopping(string deploymentId, StopMode mode, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deployment {DeploymentId} is gone")]
    private partial void LogGone(string deploymentId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The state of deployment {DeploymentId} did not reach the routing table; it is sent again")]
    private partial void LogNotPublished(Exception exception, string deploymentId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The copy of deployment {DeploymentId} could not be written; it will be with the next event")]
    private partial void LogNotWritten(Exception exception, string deploymentId);
}
