using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference;

/// <summary>Brings models to the node.</summary>
public interface IModelSource
{
    /// <summary>Makes the deployment's model available on this machine.</summary>
    /// <exception cref="MlException">It cannot be had or does not fit together; its message becomes the reason of the failed route.
    /// <see cref="MlErrorKind.Unavailable"/>: not now; it is asked for again.</exception>
    Task<ModelFiles> FetchAsync(TaskParameters parameters, CancellationToken cancellationToken);
}

/// <summary>A model on this machine; disposing it removes the local copy.</summary>
/// <param name="archivePath">The TorchScript archive.</param>
/// <param name="config">What the model is for.</param>
/// <param name="model">Its text work, built from the configuration and the vocabulary.</param>
public abstract class ModelFiles(string archivePath, InferenceConfig config, NlpModel model) : IAsyncDisposable
{
    /// <summary>The TorchScript archive.</summary>
    public string ArchivePath { get; } = archivePath;

    /// <summary>What the model is for.</summary>
    public InferenceConfig Config { get; } = config;

    /// <summary>Its text work.</summary>
    public NlpModel Model { get; } = model;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
