using System.Collections.Immutable;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Nodes;

/// <summary>Everything a node should run under one plan.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Epoch">The life of the node this is meant for.</param>
/// <param name="PlanVersion">The plan it follows from.</param>
/// <param name="Deployments">All deployments of the node; what is missing here is drained and stopped.</param>
[GenerateSerializer, Immutable, Alias("ml.NodeTarget")]
public sealed record NodeTarget(
    [property: Id(0)] string NodeId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long PlanVersion,
    [property: Id(3)] ImmutableArray<DeploymentTarget> Deployments);

/// <summary>What a node should run of one deployment.</summary>
/// <param name="Parameters">The deployment.</param>
/// <param name="Incarnation">Which deployment of that id.</param>
/// <param name="Allocations">Allocations on this node.</param>
/// <param name="Stop">How to let go of it; <see cref="StopMode.None"/> to run it.</param>
[GenerateSerializer, Immutable, Alias("ml.DeploymentTarget")]
public sealed record DeploymentTarget(
    [property: Id(0)] TaskParameters Parameters,
    [property: Id(1)] long Incarnation,
    [property: Id(2)] int Allocations,
    [property: Id(3)] StopMode Stop = StopMode.None);

/// <summary>What the node made of a target.</summary>
/// <param name="IsAccepted">False for another epoch or an older plan.</param>
/// <param name="Epoch">The node's own epoch.</param>
/// <param name="AppliedPlan">The newest plan the node has applied.</param>
/// <param name="Pending">Deployments that wait for room on the node, with what they wait for.</param>
[GenerateSerializer, Immutable, Alias("ml.TargetDecision")]
public sealed record TargetDecision(
    [property: Id(0)] bool IsAccepted,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long AppliedPlan,
    [property: Id(3)] ImmutableSortedDictionary<string, string> Pending);

/// <summary>A node's report on one deployment: full state, sent up on every change and repeated every 2 s.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="Incarnation">Which deployment of that id.</param>
/// <param name="NodeId">The reporting node.</param>
/// <param name="Epoch">The reporting node's life.</param>
/// <param name="PlanVersion">The plan the node had applied.</param>
/// <param name="Sequence">Counts the node's reports in this epoch: of two, the higher is newer.</param>
/// <param name="Route">The route; <see cref="RoutingState.Stopped"/> when the node has let go of it.</param>
[GenerateSerializer, Immutable, Alias("ml.RouteReport")]
public sealed record RouteReport(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] long Incarnation,
    [property: Id(2)] string NodeId,
    [property: Id(3)] long Epoch,
    [property: Id(4)] long PlanVersion,
    [property: Id(5)] long Sequence,
    [property: Id(6)] Route Route);
