namespace Orleans.Ml.Api.Errors;

/// <summary>An error as it goes over the wire.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Elasticsearch's type; null for the few errors that are a plain string.</param>
/// <param name="Reason">What was wrong.</param>
/// <param name="Cause">What was behind it, shown as <c>caused_by</c>.</param>
/// <param name="ShowsStatus">Whether the body repeats the status; only the answer to an unknown route does not.</param>
internal sealed record ElasticError(int Status, string? Type, string Reason, ElasticError? Cause = null, bool ShowsStatus = true)
{
    /// <summary>Where it came from; null when nobody asked.</summary>
    public string? StackTrace { get; init; }
}

/// <summary>Ends a request with an error that has no <see cref="MlErrorKind"/>, because only HTTP knows it.</summary>
internal sealed class ElasticErrorException(ElasticError error) : Exception(error.Reason)
{
    /// <summary>What to answer.</summary>
    public ElasticError Error { get; } = error;
}
