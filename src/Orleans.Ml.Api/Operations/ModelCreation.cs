using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>Stores a new model, when its names do not clash with those that are there.</summary>
internal sealed class ModelCreation(ModelCatalog catalog, IGrainFactory grains, IModelStore store)
{
    /// <summary>
    /// Stores it. Listed before it exists: a crash in between leaves an id that leads to nothing, never a model that no list shows.
    /// </summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.AlreadyExists"/>, or <see cref="MlErrorKind.BadRequest"/> for a clash.</exception>
    public async Task<TrainedModel> RunAsync(TrainedModelConfig config, CancellationToken cancellationToken)
    {
        var id = config.ModelId;
        if (await catalog.GetAsync(id) is not null)
            throw new MlException(MlErrorKind.AlreadyExists, $"Trained machine learning model [{id}] already exists");
        await RefuseClashesAsync(config, cancellationToken);
        await store.RegisterAsync(id, config.Instance, cancellationToken);
        try
        {
            return await catalog.GrainOf(id).CreateAsync(config);
        }
        catch (MlException refused) when (refused.Kind == MlErrorKind.AlreadyExists)
        {
            await store.DeleteModelAsync(id, config.Instance, CancellationToken.None);
            throw;
        }
    }

    private async Task RefuseClashesAsync(TrainedModelConfig config, CancellationToken cancellationToken)
    {
        var id = config.ModelId;
        var plan = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        if (plan.Deployments.TryGetValue(id, out var deployment) && deployment.Parameters.ModelId != id)
            throw new MlException(MlErrorKind.BadRequest,
                $"[model_id] [{id}] is the id of a running deployment of model [{deployment.Parameters.ModelId}]");
        var tagged = await catalog.ListAsync(config.Tags.Distinct());
        if (tagged.Count > 0)
            throw new MlException(MlErrorKind.BadRequest,
                $"[tags] [{string.Join(", ", tagged.Select(m => m.Config.ModelId))}] are ids of existing models; tags and ids must differ");
        var others = await catalog.ListAsync(IdExpression.Parse(null), cancellationToken);
        if (others.Find(m => m.Stored.Config.Tags.Contains(id)) is { } other)
            throw new MlException(MlErrorKind.BadRequest, $"[model_id] [{id}] is a tag of the existing model [{other.Id}]; tags and ids must differ");
        if (others.Find(m => m.Aliases.Contains(id)) is { } aliased)
            throw new MlException(MlErrorKind.BadRequest,
                $"[model_id] [{id}] is a [model_alias] of the existing model [{aliased.Id}]; ids and aliases must be unique");
    }
}
