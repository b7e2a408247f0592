namespace Orleans.Ml.Inference;

/// <summary>One deployment on one node, key <see cref="NodeKey"/>: a stateless, reentrant façade pinned to that node that only hands over to its engine.</summary>
[Alias("ml.IInferenceGrain")]
public interface IInferenceGrain : IGrainWithStringKey
{
    /// <summary>Runs the documents through the model. Expected outcomes are values; a cancelled call leaves the queue and never runs.</summary>
    [Alias("Infer")]
    Task<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken);
}
