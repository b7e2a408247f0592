using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Operations;

/// <summary>Finds stored models.</summary>
internal sealed class ModelCatalog(IGrainFactory grains, IModelStore store)
{
    private const int AtOnce = 64;

    /// <summary>One model; null when there is none.</summary>
    public async Task<TrainedModel?> GetAsync(string modelId) => ModelIds.IsValid(modelId) ? await GrainOf(modelId).GetAsync() : null;

    /// <summary>One model that has to be there.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/>.</exception>
    public async Task<TrainedModel> RequireAsync(string modelId) => await GetAsync(modelId) ?? throw NotFound(modelId);

    /// <summary>All models that an expression names, by id.</summary>
    public Task<List<TrainedModel>> ListAsync(IdExpression expression, CancellationToken cancellationToken) =>
        ListAsync(expression, [], cancellationToken);

    /// <summary>All models that an expression names, and those of <paramref name="others"/>, by id.</summary>
    public async Task<List<TrainedModel>> ListAsync(IdExpression expression, IEnumerable<string> others, CancellationToken cancellationToken)
    {
        var ids = expression.Ids.Concat(others).ToHashSet(StringComparer.Ordinal);
        if (expression.HasWildcard)
        {
            await foreach (var id in store.ListModelIdsAsync(cancellationToken).Where(expression.Matches))
                ids.Add(id);
        }

        return await ListAsync(ids);
    }

    /// <summary>Those of the models that exist, by id.</summary>
    public async Task<List<TrainedModel>> ListAsync(IEnumerable<string> modelIds)
    {
        var models = new List<TrainedModel>();
        foreach (var chunk in modelIds.Chunk(AtOnce))
            models.AddRange((await Task.WhenAll(chunk.Select(GetAsync))).OfType<TrainedModel>());
        models.Sort((a, b) => string.CompareOrdinal(a.Config.ModelId, b.Config.ModelId));
        return models;
    }

    /// <summary>The owner of a model.</summary>
    public ITrainedModelGrain GrainOf(string modelId) => grains.GetGrain<ITrainedModelGrain>(modelId);

    /// <summary>The error of a model that is not there.</summary>
    public static MlException NotFound(string modelId) => new(MlErrorKind.NotFound,
        $"No known trained model with model_id [{Wire.Excerpt.Of(modelId)}]");
}
