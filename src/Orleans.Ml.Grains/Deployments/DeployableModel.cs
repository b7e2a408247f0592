using Orleans.Ml.Deployments;
using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>The model of a start.</summary>
internal static class DeployableModel
{
    /// <summary>A start with everything that depends on its model filled in; refuses in the order of deployment-runtime.md §1.1.</summary>
    public static async Task<TaskParameters> ParametersAsync(IGrainFactory grains, StartDeployment asked)
    {
        var model = await grains.GetGrain<ITrainedModelGrain>(asked.ModelId).GetAsync() ?? throw NotFound(asked.ModelId);
        if (asked.DeploymentId != asked.ModelId && await grains.GetGrain<ITrainedModelGrain>(asked.DeploymentId).GetAsync() is not null)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"Could not start model deployment with id [{asked.DeploymentId}] for model [{asked.ModelId}] because the id is that of another model");
        }

        if (model.FindDefinitionProblem() is { } problem)
            throw problem;
        // The size of the definition as stored, whatever the model says of itself.
        return ParametersOf(asked, model.Config with { ModelSizeBytes = model.Parts[0].TotalLengthBytes });
    }

    /// <summary>Makes sure that the model of a deployment that is already planned was not deleted meanwhile.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.NotFound"/>.</exception>
    public static async Task RequireAsync(IGrainFactory grains, TaskParameters parameters)
    {
        var model = await grains.GetGrain<ITrainedModelGrain>(parameters.ModelId).GetAsync();
        if (model?.Config.Instance != parameters.ModelInstance)
            throw NotFound(parameters.ModelId);
    }

    private static MlException NotFound(string modelId) => new(MlErrorKind.NotFound, $"No known trained model with model_id [{modelId}]");

    private static TaskParameters ParametersOf(StartDeployment asked, TrainedModelConfig model) => new(
        asked.DeploymentId,
        asked.ModelId,
        model.Instance,
        model.ModelSizeBytes,
        asked.NumberOfAllocations,
        asked.ThreadsPerAllocation,
        asked.QueueCapacity,
        asked.CacheSizeBytes ?? model.ModelSizeBytes,
        asked.CacheSize ?? $"{model.ModelSizeBytes}b",
        asked.Priority,
        model.PerDeploymentMemoryBytes,
        model.PerAllocationMemoryBytes,
        model.InputFieldNames[0],
        asked.AdaptiveAllocations);
}
