using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Ml.Inference;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>A node's door for the control path; everything authoritative is in the silo's <see cref="NodeRuntime"/>.</summary>
[GrainType("ml-node"), StatelessWorker(1, removeIdleWorkers: false), Reentrant, PinToNode]
internal sealed class NodeGrain(NodeRuntime runtime) : Grain, INodeGrain
{
    public Task<NodeSnapshot> DescribeAsync() => Task.FromResult(runtime.Describe());

    public Task<TargetDecision> ApplyAsync(NodeTarget target) => Task.FromResult(runtime.Apply(target));

    public async Task<NodeStats> GetStatsAsync(ImmutableArray<string> deploymentIds) => await runtime.GetStatsAsync(deploymentIds, CancellationToken.None);
}
