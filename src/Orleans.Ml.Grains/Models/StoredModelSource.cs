using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Grains.Models;

/// <summary>Brings models from the model store to this node's disk.</summary>
internal sealed class StoredModelSource(IGrainFactory grains, IModelStore store, IOptions<LocalModelOptions> options) : IModelSource
{
    public async Task<ModelFiles> FetchAsync(TaskParameters parameters, CancellationToken cancellationToken)
    {
        var id = parameters.ModelId;
        var model = await grains.GetGrain<ITrainedModelGrain>(id).GetAsync();
        if (model is null || model.Config.Instance != parameters.ModelInstance)
            throw new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{id}]");
        if (model.FindDefinitionProblem() is { } problem)
            throw problem;
        if (model.VocabularyFile is null)
            throw new MlException(MlErrorKind.NotFound, $"Could not find the vocabulary document of trained model [{id}]: none was uploaded");

        await using var vocabularyFile = await store.OpenReadAsync(FileOf(model, model.VocabularyFile), cancellationToken);
        var vocabulary = await Vocabulary.ReadAsync(vocabularyFile, cancellationToken);
        var nlp = NlpModel.Create(id, model.Config.InferenceConfig, vocabulary);
        var local = new LocalModel(Path.Combine(options.Value.Directory, $"{Guid.NewGuid():N}.pt"), model.Config.InferenceConfig, nlp);
        try
        {
            await AssembleAsync(model, local.ArchivePath, cancellationToken);
            return local;
        }
        catch
        {
            await local.DisposeAsync();
            throw;
        }
    }

    private static ModelFile FileOf(TrainedModel model, string name) => new(model.Config.ModelId, model.Config.Instance, name);

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
            await using var content = await store.OpenReadAsync(FileOf(model, part.FileName), cancellationToken);
            await content.CopyToAsync(archive, cancellationToken);
        }
    }

    private sealed class LocalModel(string archivePath, InferenceConfig config, NlpModel model) : ModelFiles(archivePath, config, model)
    {
        public override ValueTask DisposeAsync()
        {
            File.Delete(ArchivePath);
            return ValueTask.CompletedTask;
        }
    }
}
