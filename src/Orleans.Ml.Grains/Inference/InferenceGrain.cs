using Orleans.Concurrency;
using Orleans.Ml.Grains.Nodes;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Grains.Inference;

/// <summary>One deployment on one node: hands over to the silo's engine and awaits. Nothing computes here.</summary>
[GrainType("ml-inference"), StatelessWorker(1, removeIdleWorkers: false), Reentrant, PinToNode]
internal sealed class InferenceGrain : Grain, IInferenceGrain
{
    private readonly NodeRuntime _runtime;
    private readonly string _deploymentId;

    public InferenceGrain(NodeRuntime runtime, IGrainContext context)
    {
        _runtime = runtime;
        _deploymentId = NodeKey.DeploymentOf(context.GrainId.Key.ToString()!);
    }

    public Task<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken) =>
        _runtime.InferAsync(_deploymentId, input, cancellationToken).AsTask();
}
