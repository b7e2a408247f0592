using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Uploads;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Vocabularies of models.</summary>
internal sealed class VocabularyEndpoints(VocabularyUpload upload)
{
    public void Map(IEndpointRouteBuilder routes) =>
        ElasticRoute.Map(routes, "/_ml/trained_models/{model_id}/vocabulary", new ElasticMethod("PUT", PutAsync, ReadsBody: true));

    private async Task PutAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context);
        using var json = JsonBody.ParseObject(body.Bytes);
        await upload.RunAsync(context.PathValue("model_id"), VocabularyRequest.Read(json.RootElement), context.RequestAborted);
        await Acknowledged.WriteAsync(context);
    }
}
