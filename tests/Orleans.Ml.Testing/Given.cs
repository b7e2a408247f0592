using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Testing;

/// <summary>Builders that default all that a test is not about.</summary>
public static class Given
{
    public const long Gigabyte = 1L << 30;

    public static TaskParameters Parameters(
        string id = "m", int allocations = 1, int threads = 1, Priority priority = Priority.Normal, long modelBytes = 1000, int queueCapacity = 1024) =>
        new(id, id, "1", modelBytes, allocations, threads, queueCapacity, modelBytes, $"{modelBytes}b", priority, 0, 0, "text_field");

    public static PlannedDeployment Deployment(
        string id = "m",
        int allocations = 1,
        int threads = 1,
        Priority priority = Priority.Normal,
        long modelBytes = 1000,
        (string Node, int Allocations)[]? on = null,
        long incarnation = 1,
        StopMode stop = StopMode.None,
        bool wasAllocated = false) =>
        new(Parameters(id, allocations, threads, priority, modelBytes), incarnation, DateTimeOffset.UnixEpoch,
            [.. (on ?? []).Select(a => new NodeAllocations(a.Node, a.Allocations))], null, stop, wasAllocated || on is { Length: > 0 });

    public static NodeSnapshot Node(string id, int processors = 4, long memoryBytes = 16 * Gigabyte, long epoch = 1) => new(id, epoch, processors, memoryBytes);

    public static ImmutableSortedDictionary<string, PlannedDeployment> Plan(params PlannedDeployment[] deployments) =>
        ClusterPlan.Empty.Deployments.AddRange(deployments.Select(d => KeyValuePair.Create(d.Parameters.DeploymentId, d)));

    public static Assignment Assignment(string id = "m", int allocations = 1, long plan = 1, long revision = 0, long incarnation = 1,
        AssignmentState state = AssignmentState.Started, params (string Node, RoutingState State, int Current, int Target)[] routes) =>
        new(Parameters(id, allocations), ImmutableSortedDictionary.CreateRange(routes.Select(r => KeyValuePair.Create(r.Node, new Route(r.Current, r.Target, r.State)))),
            state, null, DateTimeOffset.UnixEpoch, 0, incarnation, new AssignmentVersion(plan, revision));

    public static RouteReport Report(string node = "a", RoutingState state = RoutingState.Started, int current = 1, string id = "m", long incarnation = 1,
        long plan = 1, long epoch = 1, long sequence = 1, string reason = "") =>
        new(id, incarnation, node, epoch, plan, sequence, new Route(current, current, state, reason));
}
