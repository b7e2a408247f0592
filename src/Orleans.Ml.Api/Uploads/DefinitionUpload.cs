using System.Globalization;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Uploads;

/// <summary>Stores one part of a definition: the bytes first, then the model learns their name.</summary>
internal sealed class DefinitionUpload(ModelCatalog catalog, IModelStore store)
{
    /// <summary>Streams a part into the store. Of a part sent twice the second is refused, also when both come at once.</summary>
    /// <exception cref="MlException">Refused; nothing of it is left.</exception>
    public async Task RunAsync(string modelId, int part, Stream body, long limitBytes, CancellationToken cancellationToken)
    {
        var model = await catalog.RequireAsync(modelId);
        if (model.Parts.Any(p => p.Number == part))
            throw new MlException(MlErrorKind.AlreadyExists, $"Trained machine learning model definition of [{modelId}] already has part [{part}]");

        // A name of its own: two uploads of one part never write the same file, and the model decides which one counts.
        var name = string.Create(CultureInfo.InvariantCulture, $"part-{part:D5}-{Guid.NewGuid():N}.bin");
        var file = new ModelFile(modelId, model.Config.Instance, name);
        DefinitionPartBody read;
        await using (var writer = await store.CreateAsync(file, cancellationToken))
        {
            read = await DefinitionPartBody.ReadAsync(body, writer.Content, limitBytes, cancellationToken);
            read.Validate(part);
            await writer.CommitAsync(cancellationToken);
        }

        try
        {
            var stored = new DefinitionPart(part, (int)read.TotalParts, read.LengthBytes, read.TotalLengthBytes, name);
            await catalog.GrainOf(modelId).AddPartAsync(model.Config.Instance, stored);
        }
        catch (MlException refused) when (refused.Kind is MlErrorKind.AlreadyExists or MlErrorKind.NotFound)
        {
            // Only after a clear no: after any other failure the model may know the file.
            await store.DeleteAsync(file, CancellationToken.None);
            throw;
        }
    }
}
