using Orleans.Concurrency;

namespace Orleans.Ml.Models;

/// <summary>Owns one stored model, keyed by its id. Calls no grain; the bytes of its files go to <see cref="IModelStore"/> before they are named here.</summary>
[Alias("ml.ITrainedModelGrain")]
public interface ITrainedModelGrain : IGrainWithStringKey
{
    /// <summary>The model, or null when there is none.</summary>
    [Alias("Get"), ReadOnly]
    Task<TrainedModel?> GetAsync();

    /// <summary>Stores a new model.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.AlreadyExists"/>.</exception>
    [Alias("Create")]
    Task<TrainedModel> CreateAsync(TrainedModelConfig config);

    /// <summary>Takes in a part whose file is already complete in the store.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/> when the instance is not there, <see cref="MlErrorKind.AlreadyExists"/> for a part that is.</exception>
    [Alias("AddPart")]
    Task AddPartAsync(string instance, DefinitionPart part);

    /// <summary>Takes in a vocabulary whose file is already complete in the store.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/>, or <see cref="MlErrorKind.AlreadyExists"/>.</exception>
    [Alias("SetVocabulary")]
    Task SetVocabularyAsync(string instance, string fileName);

    /// <summary>Deletes the model and its files. Whoever calls has asked the deployments first, and asks them again afterwards: one may have been started meanwhile.</summary>
    /// <returns>False when there is none.</returns>
    [Alias("Delete")]
    Task<bool> DeleteAsync();
}
