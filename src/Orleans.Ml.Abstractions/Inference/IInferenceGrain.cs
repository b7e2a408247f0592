namespace Orleans.Ml.Inference;

/// <summary>One deployment on one node, key <see cref="NodeKey"/>: a stateless, reentrant façade pinned to that node that only hands over to its engine.</summary>
[Alias("ml.IInferenceGrain")]
public interface IInferenceGrain : IGrainWithStringKey
{
    /// <summary>
    /// Longer than the day that the API allows: a call ends by its own timeout, not by the 30 s that Orleans gives to calls that say nothing. Below the
    /// 24 days that fit into a message's header of 32-bit milliseconds.
    /// </summary>
    const string LongestCall = "1.01:00:00";

    /// <summary>Runs the documents through the model. Expected outcomes are values; a cancelled call leaves the queue and never runs.</summary>
    [Alias("Infer"), ResponseTimeout(LongestCall)]
    Task<InferenceReply> InferAsync(InferenceInput input, CancellationToken cancellationToken);
}
