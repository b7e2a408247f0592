using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>Deletes a model: asks the deployments first, then the model. Rules: models-nlp-ingest-security.md §1.6.</summary>
internal sealed class ModelDeletion(ModelCatalog catalog, ModelAliasing aliasing, IGrainFactory grains, DeploymentStop stop)
{
    /// <summary>Deletes it, with <paramref name="force"/> after stopping what uses it.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.Conflict"/> while it is deployed, <see cref="MlErrorKind.NotFound"/>.</exception>
    public async Task RunAsync(string modelId, bool force, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!ModelIds.IsValid(modelId))
            throw ModelCatalog.NotFound(modelId);
        var plan = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        var deployments = plan.Deployments.Where(d => d.Value.Parameters.ModelId == modelId).Select(d => d.Key).ToList();
        if (deployments.Count > 0 && !force)
        {
            throw new MlException(MlErrorKind.Conflict,
                $"Cannot delete model [{modelId}] as it is currently deployed as [{string.Join(", ", deployments)}]; " +
                "stop it first, or use force to stop and delete it");
        }

        await Task.WhenAll(deployments.Select(d => stop.RunAsync(d, StopMode.Forced, "its model is deleted", timeout, cancellationToken)));
        // Before the model, so that a crash leaves no alias behind; and after it, for one that was given meanwhile.
        await aliasing.DeleteAllAsync(modelId);
        // The model itself says whether it is there: one that was deleted half-way shows nowhere, and this is how its files go.
        var wasThere = await catalog.GrainOf(modelId).DeleteAsync();
        await StopOrphansAsync(modelId, timeout, cancellationToken);
        if (!wasThere)
            throw ModelCatalog.NotFound(modelId);
        await aliasing.DeleteAllAsync(modelId);
    }

    // A start may have found the model and been planned meanwhile. It looks for the model again when it is planned, this looks for deployments again when
    // the model is gone: one of the two sees the other. Also what an earlier deletion left behind ends here.
    private async Task StopOrphansAsync(string modelId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var plan = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        var deployments = plan.Deployments.Values.Where(d => d.Parameters.ModelId == modelId).ToList();
        if (deployments.Count == 0)
            return;
        var present = (await catalog.GetAsync(modelId))?.Config.Instance;
        var orphans = deployments.Where(d => d.Parameters.ModelInstance != present);
        await Task.WhenAll(orphans.Select(d => stop.RunAsync(d.Parameters.DeploymentId, StopMode.Forced, "its model was deleted", timeout, cancellationToken)));
    }
}
