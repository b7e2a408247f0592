using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Ml.Api.Cat;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>Models as a table for people.</summary>
internal sealed class CatEndpoints(ModelCatalog catalog)
{
    private static readonly string[] Parameters = ["allow_no_match", "h", "s", "v", "help", "bytes", "time", .. Paging.Parameters];

    public void Map(IEndpointRouteBuilder routes)
    {
        var get = new ElasticMethod("GET", GetAsync, Parameters: Parameters) { AnswersText = true };
        ElasticRoute.Map(routes, "/_cat/ml/trained_models", get);
        ElasticRoute.Map(routes, "/_cat/ml/trained_models/{model_id}", get);
    }

    private async Task GetAsync(HttpContext context)
    {
        var query = QueryParameters.Of(context);
        var allowNoMatch = query.Boolean("allow_no_match") ?? true;
        var paging = Paging.Read(query);
        query.Token<bool>("time", u => TimeValue.IsUnit(u) ? true : null, "nanos, micros, ms, s, m, h, d");
        query.Token<bool>("bytes", u => ByteSize.IsUnit(u) ? true : null, "b, kb, mb, gb, tb, pb");
        var table = TrainedModelColumns.Table(query.String("bytes"));
        if (query.Boolean("help") ?? false)
        {
            await WriteTextAsync(context, table.Help());
            return;
        }

        var withHeader = query.Boolean("v") ?? false;
        var chosen = table.Choose(query.List("h"));
        var sort = query.List("s");
        table.Sort([], sort);
        var expression = IdExpression.Parse(context.PathValueOrNull("model_id"));
        var models = await catalog.ListAsync(expression, context.RequestAborted);
        expression.RequireMatches([.. models.SelectMany(m => m.Names)], allowNoMatch);
        var rows = table.Sort(paging.Of(models), sort);
        if (context.Response.ContentType == MediaTypes.Text)
            await WriteTextAsync(context, CatTable<CatalogModel>.Text(chosen, rows, withHeader));
        else if (context.Response.ContentType == MediaTypes.Yaml)
            await AnswerBody.SendAsync(context, Encoding.UTF8.GetBytes(CatTable<CatalogModel>.Yaml(chosen, rows)), StatusCodes.Status200OK);
        else
            await JsonAnswer.WriteAsync(context, (chosen, rows), static (writer, answer) => CatTable<CatalogModel>.WriteJson(writer, answer.chosen, answer.rows));
    }

    private static Task WriteTextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = MediaTypes.Text;
        return AnswerBody.SendAsync(context, Encoding.UTF8.GetBytes(text), StatusCodes.Status200OK);
    }
}
