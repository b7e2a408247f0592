using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>States and priorities as the wire spells them.</summary>
internal static class StateNames
{
    public static string Of(AssignmentState state) => state switch
    {
        AssignmentState.Starting => "starting",
        AssignmentState.Started => "started",
        AssignmentState.Stopping => "stopping",
        _ => "failed",
    };

    public static string Of(RoutingState state) => state switch
    {
        RoutingState.Starting => "starting",
        RoutingState.Started => "started",
        RoutingState.Stopping => "stopping",
        RoutingState.Failed => "failed",
        _ => "stopped",
    };

    public static string Of(AllocationState state) => state switch
    {
        AllocationState.Starting => "starting",
        AllocationState.Started => "started",
        _ => "fully_allocated",
    };

    public static string Of(Priority priority) => priority == Priority.Low ? "low" : "normal";
}
