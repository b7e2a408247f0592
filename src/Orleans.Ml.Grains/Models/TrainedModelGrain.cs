using Microsoft.Extensions.Logging;
using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Models;

/// <summary>Owns one stored model. Calls no grain.</summary>
[GrainType("ml-trained-model")]
internal sealed partial class TrainedModelGrain(
    [PersistentState("trained-model")] IPersistentState<TrainedModelState> store,
    IModelStore files,
    ILogger<TrainedModelGrain> logger) : Grain, ITrainedModelGrain
{
    private string ModelId => this.GetPrimaryKeyString();

    public Task<TrainedModel?> GetAsync() => Task.FromResult(store.State.IsDeleting ? null : store.State.Model);

    public async Task<TrainedModel> CreateAsync(TrainedModelConfig config)
    {
        if (store.State.IsDeleting)
            await FinishDeletingAsync();
        if (store.State.Model is not null)
            throw new MlException(MlErrorKind.AlreadyExists, $"Trained machine learning model [{ModelId}] already exists");
        await WriteAsync(new TrainedModel(config, [], null));
        return store.State.Model!;
    }

    public async Task AddPartAsync(string instance, DefinitionPart part)
    {
        var model = Get(instance);
        if (model.Parts.Any(p => p.Number == part.Number))
            throw new MlException(MlErrorKind.AlreadyExists, $"Trained model definition part [{part.Number}] of model [{ModelId}] already exists");
        var config = model.Config.ModelSizeBytes == 0 ? model.Config with { ModelSizeBytes = part.TotalLengthBytes } : model.Config;
        await WriteAsync(model with { Config = config, Parts = [.. model.Parts.Append(part).OrderBy(p => p.Number)] });
    }

    public async Task SetVocabularyAsync(string instance, string fileName)
    {
        var model = Get(instance);
        if (model.VocabularyFile is not null)
            throw new MlException(MlErrorKind.AlreadyExists, $"The vocabulary of trained model [{ModelId}] already exists");
        await WriteAsync(model with { VocabularyFile = fileName });
    }

    public async Task<bool> DeleteAsync()
    {
        if (store.State.Model is null)
            return false;
        store.State.IsDeleting = true;
        await GuardAsync(store.WriteStateAsync(CancellationToken.None));
        await FinishDeletingAsync();
        return true;
    }

    /// <summary>A deletion that broke off half-way shows nowhere, but its files are there: whoever looks at the model ends it.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (store.State.IsDeleting)
            this.RegisterGrainTimer(ResumeDeletingAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    private TrainedModel Get(string instance) =>
        !store.State.IsDeleting && store.State.Model is { } model && model.Config.Instance == instance
            ? model
            : throw new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{ModelId}]");

    private Task WriteAsync(TrainedModel model)
    {
        store.State.Model = model;
        return GuardAsync(store.WriteStateAsync(CancellationToken.None));
    }

    /// <summary>After a failed change the outcome is unknown: this activation ends, the next one reads what is true.</summary>
    private async Task GuardAsync(Task change)
    {
        try
        {
            await change;
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task ResumeDeletingAsync(CancellationToken cancellationToken)
    {
        if (!store.State.IsDeleting)
            return;
        try
        {
            await FinishDeletingAsync();
        }
        catch (MlException refused)
        {
            LogNotDeleted(ModelId, refused.Message);
        }
    }

    /// <summary>The intent to delete is durable before the first file goes, so a half deleted model never comes back.</summary>
    private async Task FinishDeletingAsync()
    {
        await GuardAsync(files.DeleteModelAsync(ModelId, store.State.Model!.Config.Instance, CancellationToken.None));
        await GuardAsync(store.ClearStateAsync(CancellationToken.None));
        store.State = new TrainedModelState();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The deletion of model {ModelId} could not be ended: {Reason}; it is, when somebody asks for the model")]
    private partial void LogNotDeleted(string modelId, string reason);
}
