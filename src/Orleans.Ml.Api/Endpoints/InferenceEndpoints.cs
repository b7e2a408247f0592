using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Client;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Inference: the one path where every microsecond counts.</summary>
internal sealed class InferenceEndpoints(IInferenceRouter router)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        ElasticRoute.Map(routes, "/_ml/trained_models/{id}/_infer", new ElasticMethod("POST", InferAsync, ReadsBody: true, "timeout"));
        ElasticRoute.Map(routes, "/_ml/trained_models/{id}/deployment/_infer", new ElasticMethod("POST", InferOneAsync, ReadsBody: true, "timeout"));
    }

    private async Task InferAsync(HttpContext context)
    {
        var reply = await AskAsync(context, isSingle: false);
        await AnswerAsync(context, reply, InferenceResultJson.WriteAll);
    }

    /// <summary>The deprecated form: one document, and its result as it is.</summary>
    private async Task InferOneAsync(HttpContext context)
    {
        ResponseWarning.Add(context,
            "[POST /_ml/trained_models/{model_id}/deployment/_infer] is deprecated! Use [POST /_ml/trained_models/{model_id}/_infer] instead.");
        var reply = await AskAsync(context, isSingle: true);
        await AnswerAsync(context, reply, InferenceResultJson.WriteSingle);
    }

    private static Task AnswerAsync(HttpContext context, InferenceReply reply, Action<Utf8JsonWriter, InferenceReply> write) =>
        reply.IsOk ? JsonAnswer.WriteAsync(context, reply, write) : ErrorAnswer.WriteAsync(context, ElasticErrors.From(reply));

    private async Task<InferenceReply> AskAsync(HttpContext context, bool isSingle)
    {
        using var body = await RequestBody.ReadAsync(context);
        if (body.Bytes.IsEmpty)
            throw new MlException(MlErrorKind.BadRequest, "request body is required");
        using var json = JsonBody.ParseObject(body.Bytes);
        var request = InferRequest.Read(json.RootElement, QueryParameters.Of(context).Time("timeout"));
        if (isSingle && request.Docs.GetArrayLength() > 1)
            throw new MlException(MlErrorKind.StateValidation,
                $"multiple documents are not supported here, [docs] has [{request.Docs.GetArrayLength()}]");
        var deployment = await router.ResolveAsync(context.PathValue("id"), context.RequestAborted);
        return await router.InferAsync(deployment, request.ToInput(deployment.TaskParameters.InputField), context.RequestAborted);
    }
}
