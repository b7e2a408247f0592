using System.Text.Json;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Uploads;

/// <summary>Stores a vocabulary: the bytes first, then the model learns their name.</summary>
internal sealed class VocabularyUpload(ModelCatalog catalog, IModelStore store)
{
    /// <summary>Stores it.</summary>
    /// <exception cref="MlException">Refused; nothing of it is left.</exception>
    public async Task RunAsync(string modelId, VocabularyRequest request, CancellationToken cancellationToken)
    {
        var model = await catalog.RequireAsync(modelId);
        if (model.VocabularyFile is not null)
            throw new MlException(MlErrorKind.AlreadyExists, $"The vocabulary of trained model [{modelId}] already exists");
        RequireWhatTheTokenizerNeeds(modelId, model.Config.InferenceConfig.Tokenization.Kind, request);
        var file = new ModelFile(modelId, model.Config.Instance, $"vocabulary-{Guid.NewGuid():N}.json");
        await using (var stored = await store.CreateAsync(file, cancellationToken))
        {
            await using (var writer = new Utf8JsonWriter(stored.Content))
            {
                request.Write(writer);
                await writer.FlushAsync(cancellationToken);
            }

            await stored.CommitAsync(cancellationToken);
        }

        try
        {
            await catalog.GrainOf(modelId).SetVocabularyAsync(model.Config.Instance, file.Name);
        }
        catch (MlException refused) when (refused.Kind is MlErrorKind.AlreadyExists or MlErrorKind.NotFound)
        {
            await store.DeleteAsync(file, CancellationToken.None);
            throw;
        }
    }

    private static void RequireWhatTheTokenizerNeeds(string modelId, TokenizerKind tokenizer, VocabularyRequest request)
    {
        var missing = tokenizer.NeedsMerges() && request.Merges is not { IsEmpty: false } ? "merges"
            : tokenizer.NeedsScores() && request.Scores is not { IsEmpty: false } ? "scores" : null;
        if (missing is not null)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"The vocabulary of trained model [{modelId}] needs [{missing}], because its tokenizer is [{tokenizer.ApiName()}]");
        }
    }
}
