namespace Orleans.Ml;

/// <summary>
/// What went wrong, in the API's terms. One table (<c>ElasticErrors</c>) maps each kind to an HTTP status and an Elasticsearch <c>type</c>.
/// Numbers are part of the wire and append-only.
/// </summary>
public enum MlErrorKind
{
    /// <summary>A request that cannot be right; 400 <c>status_exception</c>.</summary>
    BadRequest = 0,

    /// <summary>Request-level validation, one or several numbered problems; 400 <c>action_request_validation_exception</c>.</summary>
    RequestValidation = 1,

    /// <summary>Validation against stored state; 400 <c>validation_exception</c>.</summary>
    StateValidation = 2,

    /// <summary>A bad argument, enum value, time value or unknown query parameter; 400 <c>illegal_argument_exception</c>.</summary>
    IllegalArgument = 3,

    /// <summary>A body that is not what was expected; 400 <c>x_content_parse_exception</c>.</summary>
    ContentParse = 4,

    /// <summary>An unparsable byte size, or a body absent where one is required; 400 <c>parse_exception</c>.</summary>
    Parse = 5,

    /// <summary>A model, deployment, definition or vocabulary that is not there; 404 <c>resource_not_found_exception</c>.</summary>
    NotFound = 6,

    /// <summary>A thing that is there already; 400 <c>resource_already_exists_exception</c>.</summary>
    AlreadyExists = 7,

    /// <summary>The state of the thing does not allow it; 409 <c>status_exception</c>.</summary>
    Conflict = 8,

    /// <summary>Not allowed for this thing (another task's configuration); 403 <c>status_exception</c>.</summary>
    Forbidden = 9,

    /// <summary>An inference ran out of time; 408 <c>status_exception</c>.</summary>
    InferenceTimeout = 10,

    /// <summary>A start ran out of time and goes on; 408 <c>model_deployment_timeout_exception</c>.</summary>
    StartTimeout = 11,

    /// <summary>No room in the cluster; 429 <c>status_exception</c>.</summary>
    NoCapacity = 12,

    /// <summary>An inference queue is full; 429 <c>es_rejected_execution_exception</c>.</summary>
    QueueFull = 13,

    /// <summary>Storage or a node cannot be reached; 503 <c>status_exception</c>.</summary>
    Unavailable = 14,

    /// <summary>A model, its worker or its vocabulary failed; 500 <c>status_exception</c>.</summary>
    ModelFailed = 15,

    /// <summary>Our own failure; 500 <c>exception</c>.</summary>
    ServerError = 16,

    /// <summary>A body above the limit; 413.</summary>
    TooLarge = 17,

    /// <summary>A stored thing points to a node without a task for it; 404 <c>status_exception</c>.</summary>
    TaskNotFound = 18,
}
