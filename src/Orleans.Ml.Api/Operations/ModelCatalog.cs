using System.Collections.Immutable;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Operations;

/// <summary>A stored model and the other names it has.</summary>
/// <param name="Stored">The model.</param>
/// <param name="Aliases">In order.</param>
internal sealed record CatalogModel(TrainedModel Stored, ImmutableArray<string> Aliases)
{
    public string Id => Stored.Config.ModelId;

    /// <summary>Its id and its aliases.</summary>
    public IEnumerable<string> Names => Aliases.Prepend(Id);
}

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
    public Task<List<CatalogModel>> ListAsync(IdExpression expression, CancellationToken cancellationToken) =>
        ListAsync(expression, [], cancellationToken);

    /// <summary>All models that an expression names by id or alias, and those of <paramref name="others"/>, by id.</summary>
    public async Task<List<CatalogModel>> ListAsync(IdExpression expression, IEnumerable<string> others, CancellationToken cancellationToken)
    {
        var aliases = await AliasesAsync();
        var named = aliases.ByAlias.Where(a => expression.Matches(a.Key)).Select(a => a.Value);
        var ids = expression.Ids.Concat(others).Concat(named).ToHashSet(StringComparer.Ordinal);
        if (expression.HasWildcard)
        {
            await foreach (var id in store.ListModelIdsAsync(cancellationToken).Where(expression.Matches))
                ids.Add(id);
        }

        var byModel = aliases.ByAlias.ToLookup(a => a.Value, a => a.Key, StringComparer.Ordinal);
        return [.. (await ListAsync(ids)).Select(m => new CatalogModel(m, [.. byModel[m.Config.ModelId]]))];
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

    /// <summary>All aliases.</summary>
    public Task<ModelAliases> AliasesAsync() =>
        grains.GetGrain<IModelAliasGrain>(IModelAliasGrain.Key).PollAsync(known: -1, TimeSpan.Zero, CancellationToken.None);

    /// <summary>The model an id stands for: an alias's, or the id itself.</summary>
    public async Task<string> ResolveAsync(string idOrAlias) => (await AliasesAsync()).ByAlias.GetValueOrDefault(idOrAlias) ?? idOrAlias;

    /// <summary>The owner of a model.</summary>
    public ITrainedModelGrain GrainOf(string modelId) => grains.GetGrain<ITrainedModelGrain>(modelId);

    /// <summary>The error of a model that is not there.</summary>
    public static MlException NotFound(string modelId) => new(MlErrorKind.NotFound,
        $"No known trained model with model_id [{Wire.Excerpt.Of(modelId)}]");
}
