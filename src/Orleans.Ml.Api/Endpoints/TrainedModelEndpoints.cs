using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Stored models: create, show, delete.</summary>
internal sealed class TrainedModelEndpoints(ModelCatalog catalog, ModelCreation creation, ModelDeletion deletion, TimeProvider time)
{
    // A configuration, not a definition: nothing reasonable comes near it.
    private const long LargestConfigBytes = 10 * 1024 * 1024;

    private static readonly TimeSpan DefaultDeleteTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[] GetParameters =
        ["allow_no_match", "decompress_definition", "exclude_generated", "include", "tags", .. Paging.Parameters];
    private static readonly string[] Includes =
        ["definition", "definition_status", "total_feature_importance", "feature_importance_baseline", "hyperparameters"];

    public void Map(IEndpointRouteBuilder routes)
    {
        var get = new ElasticMethod("GET", GetAsync, Parameters: GetParameters);
        ElasticRoute.Map(routes, "/_ml/trained_models", get);
        ElasticRoute.Map(routes, "/_ml/trained_models/{model_id}", get,
            new("PUT", PutAsync, ReadsBody: true, "defer_definition_decompression", "wait_for_completion", "timeout", "master_timeout"),
            new("DELETE", DeleteAsync, Parameters: ["force", "timeout"]));
    }

    private async Task PutAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        query.Boolean("defer_definition_decompression");
        query.Boolean("wait_for_completion");
        query.Time("timeout");
        query.Time("master_timeout");
        using var body = await RequestBody.ReadAsync(context, LargestConfigBytes);
        using var json = JsonBody.ParseObject(body.Bytes);
        var config = CreateModelRequest.Read(context.PathValue("model_id"), json.RootElement, Guid.NewGuid().ToString("N"), time.GetUtcNow());
        var model = await creation.RunAsync(config, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, model, static (writer, model) => TrainedModelJson.Write(writer, new(model, []), default));
    }

    private async Task GetAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        var expression = IdExpression.Parse(context.PathValueOrNull("model_id"));
        var allowNoMatch = query.Boolean("allow_no_match") ?? true;
        query.Boolean("decompress_definition");
        var paging = Paging.Read(query);
        var tags = query.List("tags");
        var includes = ReadIncludes(query);
        var view = new TrainedModelView(query.Boolean("exclude_generated") ?? false, includes.Contains("definition_status"), query.IsOn("human"));

        var models = await catalog.ListAsync(expression, context.RequestAborted);
        models.RemoveAll(m => !Array.TrueForAll(tags, m.Stored.Config.Tags.Contains));
        expression.RequireMatches([.. models.SelectMany(m => m.Names)], allowNoMatch);
        if (models.Count > 1 && Array.Find(includes, i => i.StartsWith("definition", StringComparison.Ordinal)) is { } single)
            throw new MlException(MlErrorKind.BadRequest, $"[include] [{single}] is possible for one model only, the request names [{models.Count}]");
        await JsonAnswer.WriteAsync(context, (models.Count, Page: paging.Of(models), view),
            static (writer, answer) => Write(writer, answer.Count, answer.Page, answer.view));
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        var force = query.Boolean("force") ?? false;
        var timeout = query.Time("timeout") ?? DefaultDeleteTimeout;
        await deletion.RunAsync(context.PathValue("model_id"), force, timeout, context.RequestAborted);
        await Acknowledged.WriteAsync(context);
    }

    private static void Write(Utf8JsonWriter writer, int count, IEnumerable<CatalogModel> page, TrainedModelView view)
    {
        writer.WriteStartObject();
        writer.WriteNumber("count"u8, count);
        writer.WriteStartArray("trained_model_configs"u8);
        foreach (var model in page)
            TrainedModelJson.Write(writer, model, view);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string[] ReadIncludes(QueryParameters query)
    {
        var includes = query.List("include");
        return Array.Find(includes, i => !Includes.Contains(i)) is { } unknown
            ? throw new MlException(MlErrorKind.BadRequest,
                $"[include] has unknown value [{Excerpt.Of(unknown)}]; valid are [{string.Join(", ", Includes)}]")
            : includes;
    }
}
