using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Api.Errors;

namespace Orleans.Ml.Api.Wire;

/// <summary>One method of a path.</summary>
/// <param name="Name">GET serves HEAD as well.</param>
/// <param name="Handler">Binds, calls one thing, maps; throws what is wrong.</param>
/// <param name="ReadsBody">Otherwise a body is refused.</param>
/// <param name="Parameters">Query parameters it knows besides the common ones; all others are refused.</param>
internal sealed record ElasticMethod(string Name, RequestDelegate Handler, bool ReadsBody = false, params string[] Parameters)
{
    /// <summary>Whether it answers with text for people unless JSON is asked for.</summary>
    public bool AnswersText { get; init; }
}

/// <summary>
/// One path with all its methods: what every Elasticsearch answer has in common happens here, once, around the handler. It is an endpoint and not a
/// middleware, so it
/// leaves the application's other endpoints alone and costs a request one dispatch.
/// </summary>
internal sealed partial class ElasticRoute(ILogger logger, RoutePattern? pattern, params ElasticMethod[] methods)
{
    // Null where the path has a value.
    private readonly string?[] _words =
        [.. pattern?.PathSegments.Select(segment => segment is { IsSimple: true, Parts: [RoutePatternLiteralPart word] } ? word.Content : null) ?? []];
    private readonly string _allowed = string.Join(",", methods.SelectMany(m => m.Name == "GET" ? ["GET", "HEAD"] : new[] { m.Name }).Order());

    /// <summary>Maps a path with its methods.</summary>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, string pattern, params ElasticMethod[] methods)
    {
        routes.ServiceProvider.GetRequiredService<RouteList>().Add(pattern, methods);
        return routes.Map(pattern, new ElasticRoute(LoggerOf(routes), RoutePatternFactory.Parse(pattern), methods).InvokeAsync);
    }

    /// <summary>Maps whatever no other endpoint wants: Elasticsearch's answer to unknown paths.</summary>
    public static IEndpointConventionBuilder MapUnknown(IEndpointRouteBuilder routes) =>
        routes.MapFallback("{**path}", new ElasticRoute(LoggerOf(routes), pattern: null).InvokeAsync);

    /// <summary>Serves a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            SetHeaders(context);
            await DispatchAsync(context);
        }
        catch (Exception exception) when (exception is ConnectionResetException || context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
            context.Abort();
        }
        catch (Exception exception)
        {
            if (ElasticErrors.IsUnavailable(exception))
                LogUnavailable(logger, exception, context.Request.Method, context.Request.Path);
            else if (ElasticErrors.IsUnexpected(exception))
                LogFailed(logger, exception, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ErrorAnswer.WriteAsync(context, ElasticErrors.From(exception), exception);
        }
    }

    private static void SetHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["X-Elastic-Product"] = "Elasticsearch";
        context.Response.ContentType = MediaTypes.Json;
        var opaqueId = context.Request.Headers["X-Opaque-Id"];
        if (opaqueId.Count > 0 && !opaqueId.ToString().AsSpan().ContainsAnyExceptInRange(' ', '~'))
            headers["X-Opaque-Id"] = opaqueId;
    }

    private async Task DispatchAsync(HttpContext context)
    {
        var request = context.Request;
        if (methods.Length == 0 || !IsSpelled(request.Path.Value))
            throw new ElasticErrorException(ElasticErrors.NoHandler(UriOf(request), request.Method));
        var method = Find(request.Method);
        if (method is null)
        {
            context.Response.Headers.Allow = _allowed;
            if (!HttpMethods.IsOptions(request.Method))
                throw new ElasticErrorException(ElasticErrors.MethodNotAllowed(UriOf(request), request.Method, _allowed));
            context.Response.ContentLength = 0;
            return;
        }

        var query = QueryParameters.Of(context);
        context.Response.ContentType = method.AnswersText
            ? MediaTypes.ForCat(request.Headers.Accept, query.String("format"))
            : MediaTypes.ForAccept(request.Headers.Accept);
        var mayHaveBody = RequestBody.MayExist(context);
        query.CheckAllKnown(context, method.Parameters, method.AnswersText, allowsSource: method.ReadsBody && !mayHaveBody);
        if (!method.ReadsBody)
            await RequestBody.RefuseAsync(context);
        else if (mayHaveBody || SourceBody.TryUse(context, query))
            MediaTypes.CheckContentType(request.ContentType, context.Response.ContentType!);
        try
        {
            await method.Handler(context);
        }
        catch (SiloUnavailableException) when (method.Name == "GET" && !context.Response.HasStarted)
        {
            // Reading changes nothing: what was lost with a node or a gateway is asked again, once, of those that are left.
            await method.Handler(context);
        }
    }

    /// <summary>Routing takes no notice of upper and lower case; Elasticsearch does.</summary>
    private bool IsSpelled(ReadOnlySpan<char> path)
    {
        var at = 0;
        foreach (var segment in path.TrimStart('/').Split('/'))
        {
            if (at == _words.Length)
                break;
            if (_words[at++] is { } word && !path.TrimStart('/')[segment].SequenceEqual(word))
                return false;
        }

        return true;
    }

    private ElasticMethod? Find(string name)
    {
        if (HttpMethods.IsHead(name))
            name = HttpMethods.Get;
        foreach (var method in methods)
        {
            if (HttpMethods.Equals(method.Name, name))
                return method;
        }

        return null;
    }

    private static string UriOf(HttpRequest request) =>
        Excerpt.Of(string.Concat(request.PathBase.Value, request.Path.Value, request.QueryString.Value));

    private static ILogger LoggerOf(IEndpointRouteBuilder routes) =>
        routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger<ElasticRoute>();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} found a node or the storage unavailable")]
    private static partial void LogUnavailable(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string path);
}
