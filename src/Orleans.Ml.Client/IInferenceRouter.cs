using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Client;

/// <summary>Sends inferences to the nodes that can serve them.</summary>
public interface IInferenceRouter
{
    /// <summary>
    /// The deployment an id stands for: a deployment's id, or a model's, of whose deployments the one that is furthest along is taken.
    /// Reads the local table; asks the cluster only when that does not show it as started.
    /// </summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/> for an unknown id, <see cref="MlErrorKind.Conflict"/> for a model that is not deployed or a deployment that is stopping or failed.</exception>
    /// <exception cref="TimeoutException">The cluster had to be asked and did not answer.</exception>
    ValueTask<Assignment> ResolveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Runs documents on one of the deployment's nodes. Expected outcomes are values; the input's timeout bounds everything.</summary>
    ValueTask<InferenceReply> InferAsync(Assignment deployment, InferenceInput input, CancellationToken cancellationToken);
}
