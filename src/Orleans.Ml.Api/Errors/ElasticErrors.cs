using Microsoft.AspNetCore.Http;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Api.Errors;

/// <summary>The one table from what went wrong to HTTP status and Elasticsearch type. Rules: deployment-runtime.md §0.2.</summary>
internal static class ElasticErrors
{
    /// <summary>The error of a refused request.</summary>
    public static ElasticError From(MlException exception)
    {
        var (status, type) = Of(exception.Kind);
        return new(status, type, exception.Message, exception.InnerException is MlException cause ? From(cause) : null);
    }

    /// <summary>The error of an inference that is not ok.</summary>
    public static ElasticError From(InferenceReply reply)
    {
        var (status, type) = Of(reply.ErrorKind);
        return new(status, type, reply.Reason);
    }

    /// <summary>The error of anything that was thrown while a request was served.</summary>
    public static ElasticError From(Exception exception) => exception switch
    {
        ElasticErrorException known => known.Error,
        MlException known => From(known),
        BadHttpRequestException bad => new(bad.StatusCode, "status_exception", bad.Message),
        _ when IsUnavailable(exception) => From(new MlException(MlErrorKind.Unavailable,
            "A node or the storage of the cluster cannot be reached at the moment; try again")),
        _ => From(new MlException(MlErrorKind.ServerError,
            "An unexpected error happened while the request was served; the server's log has the details")),
    };

    /// <summary>Whether this is a node or a storage that cannot be reached now, so that trying again makes sense.</summary>
    public static bool IsUnavailable(Exception exception) => exception is SiloUnavailableException or TimeoutException or OrleansException
        or MlException { Kind: MlErrorKind.Unavailable } or (IOException and not BadHttpRequestException);

    /// <summary>Whether the log should have it: neither the caller's mistake nor an expected refusal.</summary>
    public static bool IsUnexpected(Exception exception) =>
        exception is not (ElasticErrorException or BadHttpRequestException or MlException { Kind: not MlErrorKind.ServerError });

    /// <summary>No route has this path.</summary>
    public static ElasticError NoHandler(string uri, string method) =>
        new(StatusCodes.Status400BadRequest, null, $"no handler found for uri [{uri}] and method [{method}]", ShowsStatus: false);

    /// <summary>The path is known, the method is not.</summary>
    public static ElasticError MethodNotAllowed(string uri, string method, string allowed) =>
        new(StatusCodes.Status405MethodNotAllowed, null, $"Incorrect HTTP method for uri [{uri}] and method [{method}], allowed: [{allowed}]");

    /// <summary>A body or an answer in a format nobody here speaks.</summary>
    public static ElasticError NotSupported(string header, string value) =>
        new(StatusCodes.Status406NotAcceptable, null, $"{header} header [{value}] is not supported");

    /// <summary>There is no such alias; unlike other things that are absent it is no <c>resource_not_found_exception</c>.</summary>
    public static ElasticError AliasNotFound(string alias) =>
        new(StatusCodes.Status404NotFound, "status_exception", $"[model_alias] [{alias}] could not be found");

    /// <summary>A table is to be sorted by a column it does not have.</summary>
    public static ElasticError UnknownSortColumn(string name) =>
        new(StatusCodes.Status400BadRequest, "unsupported_operation_exception", $"Unable to sort by unknown sort key [{name}]");

    /// <summary>A vendor media type with a number that cannot be served.</summary>
    public static ElasticError MediaTypeHeader(string reason) =>
        new(StatusCodes.Status400BadRequest, "media_type_header_exception", reason);

    private static (int Status, string Type) Of(MlErrorKind kind) => kind switch
    {
        MlErrorKind.BadRequest => (StatusCodes.Status400BadRequest, "status_exception"),
        MlErrorKind.RequestValidation => (StatusCodes.Status400BadRequest, "action_request_validation_exception"),
        MlErrorKind.StateValidation => (StatusCodes.Status400BadRequest, "validation_exception"),
        MlErrorKind.IllegalArgument => (StatusCodes.Status400BadRequest, "illegal_argument_exception"),
        MlErrorKind.ContentParse => (StatusCodes.Status400BadRequest, "x_content_parse_exception"),
        MlErrorKind.Parse => (StatusCodes.Status400BadRequest, "parse_exception"),
        MlErrorKind.NotFound => (StatusCodes.Status404NotFound, "resource_not_found_exception"),
        MlErrorKind.TaskNotFound => (StatusCodes.Status404NotFound, "status_exception"),
        MlErrorKind.AlreadyExists => (StatusCodes.Status400BadRequest, "resource_already_exists_exception"),
        MlErrorKind.Conflict => (StatusCodes.Status409Conflict, "status_exception"),
        MlErrorKind.Forbidden => (StatusCodes.Status403Forbidden, "status_exception"),
        MlErrorKind.InferenceTimeout => (StatusCodes.Status408RequestTimeout, "status_exception"),
        MlErrorKind.StartTimeout => (StatusCodes.Status408RequestTimeout, "model_deployment_timeout_exception"),
        MlErrorKind.NoCapacity => (StatusCodes.Status429TooManyRequests, "status_exception"),
        MlErrorKind.QueueFull => (StatusCodes.Status429TooManyRequests, "es_rejected_execution_exception"),
        MlErrorKind.Unavailable => (StatusCodes.Status503ServiceUnavailable, "status_exception"),
        MlErrorKind.ModelFailed => (StatusCodes.Status500InternalServerError, "status_exception"),
        MlErrorKind.TooLarge => (StatusCodes.Status413PayloadTooLarge, "status_exception"),
        _ => (StatusCodes.Status500InternalServerError, "exception"),
    };
}
