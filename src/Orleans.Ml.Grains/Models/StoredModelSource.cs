using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Grains.Models;

/// <summary>Brings models from the model store to this node's disk.</summary>
internal sealed class StoredModelSource(
    IGrainFactory grains, IModelStore store, IOptions<LocalModelOptions> options, IOptions<NlpOptions> nlpOptions) : IModelSource
{
    public async Task<ModelFiles> FetchAsync(TaskParameters parameters, CancellationToken cancellationToken)
    {
        var id = parameters.ModelId;
        var model = await ReadAsync(id);
        if (model is null || model.Config.Instance != parameters.ModelInstance)
            throw new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{id}]");
        if (model.FindDefinitionProblem() is { } problem)
            throw problem;
        if (model.VocabularyFile is null)
            throw new MlException(MlErrorKind.NotFound, $"Could not find the vocabulary document of trained model [{id}]: none was uploaded");

        await using var vocabularyFile = await OpenAsync(model, model.VocabularyFile, cancellationToken);
        var vocabulary = await Vocabulary.ReadAsync(vocabularyFile, cancellationToken);
        var nlp = NlpModel.Create(id, model.Config.InferenceConfig, vocabulary, nlpOptions.Value);
        var local = new LocalModel(Path.Combine(options.Value.Directory, $"{Guid.NewGuid():N}.pt"), model.Config.InferenceConfig, nlp);
        try
        {
            await AssembleAsync(model, local.ArchivePath, cancellationToken);
            return local;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await local.DisposeAsync();
            throw new MlException(MlErrorKind.ServerError,
                $"The definition of trained model [{id}] could not be written to the node's disk: {ReasonOf(exception, model.Parts[0].TotalLengthBytes)}");
        }
        catch
        {
            await local.DisposeAsync();
            throw;
        }
    }

    private async Task<TrainedModel?> ReadAsync(string modelId)
    {
        try
        {
            return await grains.GetGrain<ITrainedModelGrain>(modelId).GetAsync();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            throw new MlException(MlErrorKind.Unavailable, $"The configuration of trained model [{modelId}] cannot be read: {(exception.InnerException ?? exception).Message}");
        }
    }

    private async Task<Stream> OpenAsync(TrainedModel model, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.OpenReadAsync(new(model.Config.ModelId, model.Config.Instance, name), cancellationToken);
        }
        catch (FileNotFoundException)
        {
            throw new MlException(MlErrorKind.NotFound, $"Could not find the file [{name}] of trained model [{model.Config.ModelId}]");
        }
    }

    private async Task AssembleAsync(TrainedModel model, string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Value.Directory);
        await using var archive = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            PreallocationSize = model.Parts[0].TotalLengthBytes,
        });
        foreach (var part in model.Parts)
        {
            await using var content = await OpenAsync(model, part.FileName, cancellationToken);
            await content.CopyToAsync(archive, cancellationToken);
        }
    }

    /// <summary>Without the message, which would hold the path.</summary>
    private string ReasonOf(Exception exception, long neededBytes)
    {
        if (exception is UnauthorizedAccessException)
            return "permission denied";
        var freeBytes = Directory.Exists(options.Value.Directory) ? new DriveInfo(options.Value.Directory).AvailableFreeSpace : long.MaxValue;
        return freeBytes < neededBytes ? $"no space left: [{neededBytes}] bytes are needed, [{freeBytes}] are free" : exception.GetType().Name;
    }

    private sealed class LocalModel(string archivePath, InferenceConfig config, NlpModel model) : ModelFiles(archivePath, config, model)
    {
        public override ValueTask DisposeAsync()
        {
            // Its folder may be what could not be made.
            if (File.Exists(ArchivePath))
                File.Delete(ArchivePath);
            return ValueTask.CompletedTask;
        }
    }
}
