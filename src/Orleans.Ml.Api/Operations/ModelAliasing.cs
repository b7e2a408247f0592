using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Client;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>Gives models other names and takes them away. Rules: models-nlp-ingest-security.md §1.7.</summary>
internal sealed class ModelAliasing(ModelCatalog catalog, IGrainFactory grains, AliasCache cache)
{
    private IModelAliasGrain Aliases => grains.GetGrain<IModelAliasGrain>(IModelAliasGrain.Key);

    /// <summary>Makes an alias name a model, with <paramref name="reassign"/> also one that names another.</summary>
    /// <returns>What the caller should be warned of; null for nothing.</returns>
    /// <exception cref="MlException">Refused, with the reason.</exception>
    public async Task<string?> PutAsync(string alias, string modelId, bool reassign)
    {
        if (ModelAliasNames.FindProblems(alias, modelId) is { Count: > 0 } problems)
            throw MlException.Validation(problems);
        var current = (await catalog.AliasesAsync()).ByAlias.GetValueOrDefault(alias);
        var old = current is null ? null : await catalog.GetAsync(current);
        if (old is not null && !reassign)
            throw new MlException(MlErrorKind.BadRequest, $"cannot assign [model_alias] [{alias}] to model [{modelId}], because it refers to model " +
                $"[{current}] already; set [reassign] to [true] to move it");
        if (await catalog.GetAsync(alias) is not null)
            throw new MlException(MlErrorKind.BadRequest, $"[model_alias] [{alias}] is the id of an existing model; ids and aliases must differ");
        var model = await catalog.RequireAsync(modelId);
        if (old is not null && current != modelId)
            await RefuseUnfitAsync(alias, old.Config, model.Config);
        cache.Merge(await Aliases.PutAsync(alias, modelId, current));

        // Whoever has deleted the model meanwhile has taken away its aliases before this one was there.
        if (await catalog.GetAsync(modelId) is null)
        {
            cache.Merge(await Aliases.RemoveAsync(alias, modelId));
            throw ModelCatalog.NotFound(modelId);
        }

        return old is null ? null : WarningOf(alias, old.Config, model.Config);
    }

    /// <summary>Takes an alias away from a model.</summary>
    /// <exception cref="ElasticErrorException">There is no such alias.</exception>
    /// <exception cref="MlException"><see cref="MlErrorKind.Conflict"/> when it names another model.</exception>
    public async Task DeleteAsync(string alias, string modelId)
    {
        var current = (await catalog.AliasesAsync()).ByAlias.GetValueOrDefault(alias)
            ?? throw new ElasticErrorException(ElasticErrors.AliasNotFound(Excerpt.Of(alias)));
        if (current != modelId)
            throw new MlException(MlErrorKind.Conflict,
                $"[model_alias] [{alias}] does not refer to the model [{Excerpt.Of(modelId)}] but to [{current}]; nothing was deleted");
        cache.Merge(await Aliases.RemoveAsync(alias, modelId));
    }

    /// <summary>Takes away all aliases of a model.</summary>
    public async Task DeleteAllAsync(string modelId) => cache.Merge(await Aliases.RemoveModelAsync(modelId));

    private async Task RefuseUnfitAsync(string alias, TrainedModelConfig old, TrainedModelConfig next)
    {
        if (old.InferenceConfig.TaskName != next.InferenceConfig.TaskName)
            throw new MlException(MlErrorKind.BadRequest, $"cannot reassign [model_alias] [{alias}] from model [{old.ModelId}] with task " +
                $"[{old.InferenceConfig.TaskName}] to model [{next.ModelId}] with task [{next.InferenceConfig.TaskName}]");
        var before = await BestAsync(old.ModelId);
        if (before is null)
            return;
        var after = await BestAsync(next.ModelId) ?? throw new MlException(MlErrorKind.BadRequest,
            $"cannot reassign [model_alias] [{alias}] to model [{next.ModelId}] from model [{old.ModelId}], because it is not yet deployed");
        if (before > AllocationState.Starting && after == AllocationState.Starting)
            throw new MlException(MlErrorKind.BadRequest,
                $"cannot reassign [model_alias] [{alias}] to model [{next.ModelId}] from model [{old.ModelId}], because it is not yet allocated");
    }

    // How far the furthest deployment of a model is; null without one.
    private async Task<AllocationState?> BestAsync(string modelId)
    {
        var plan = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        var ids = plan.Deployments.Where(d => d.Value.Parameters.ModelId == modelId).Select(d => d.Key);
        var assignments = await Task.WhenAll(ids.Select(id => grains.GetGrain<IDeploymentGrain>(id).GetAsync()));
        return assignments.Where(a => a is not null).Select(a => a!.AllocationState).Max();
    }

    private static string? WarningOf(string alias, TrainedModelConfig old, TrainedModelConfig next)
    {
        var common = old.InputFieldNames.Intersect(next.InputFieldNames).Count();
        return common * 2 >= old.InputFieldNames.Union(next.InputFieldNames).Count() ? null
            : $"The model [{next.ModelId}] has few input fields in common with [{old.ModelId}], to which [{alias}] referred";
    }
}
