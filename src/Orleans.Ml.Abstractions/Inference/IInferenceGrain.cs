namespace Orleans.Ml.Inference;

/// <summary>One deployment on one node, key <see cref="NodeKey"/>: a stateless, reentrant façade pinned to that node that only hands over to its engine.</summary>
[Alias("ml.IInferenceGrain")]
public interface IInferenceGrain : IGrainWithStringKey
{
    /// <summary>Longer than any caller waits: a call ends by its own timeout, not by the 30 s that Orleans gives to calls that say nothing.</summary>
    const string LongestCall = "50.00:00:00";

    /// <summary>Runs the documents through the model. Expected outcomes are values; a cancelled call leaves the queue and never runs.</summary>
    [Alias("Infer"), ResponseTimeout(LongestCall)]
    Task<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken);
}
