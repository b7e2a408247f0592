using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Uploads;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Definitions of models, uploaded in parts.</summary>
internal sealed class DefinitionEndpoints(DefinitionUpload upload)
{
    public void Map(IEndpointRouteBuilder routes) =>
        ElasticRoute.Map(routes, "/_ml/trained_models/{model_id}/definition/{part}", new ElasticMethod("PUT", PutPartAsync, ReadsBody: true));

    private async Task PutPartAsync(HttpContext context)
    {
        var text = context.PathValue("part");
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var part))
            throw new MlException(MlErrorKind.IllegalArgument, $"[part] must be an integer, was [{Excerpt.Of(text)}]");
        if (!RequestBody.MayExist(context))
            throw new MlException(MlErrorKind.Parse, "request body is required");
        var body = RequestBody.Open(context);
        await upload.RunAsync(context.PathValue("model_id"), part, body, RequestBody.MaxBytes, context.RequestAborted);
        await Acknowledged.WriteAsync(context);
    }
}
