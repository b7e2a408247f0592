using Azure;
using Azure.Identity;

namespace Orleans.Ml.Storage.Azure;

/// <summary>What Azure Storage refuses, or why it cannot be reached, said without addresses, headers and keys.</summary>
public static class AzureStorageFailure
{
    /// <summary>Whether the service, and not the caller, is to blame.</summary>
    public static bool IsOne(Exception exception, CancellationToken cancellationToken = default) => exception switch
    {
        RequestFailedException or AuthenticationFailedException => true,
        // Several attempts, none of which succeeded.
        AggregateException attempts => attempts.InnerExceptions.All(attempt => IsOne(attempt, cancellationToken)),
        // The client's own limit for one attempt.
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        IOException => exception is not FileNotFoundException,
        _ => false,
    };

    /// <summary>The error for the caller: <see cref="MlErrorKind.Unavailable"/>, which clients repeat.</summary>
    public static MlException Of(Exception exception, string action) => new(MlErrorKind.Unavailable, $"Azure Storage cannot {action}: {ReasonOf(exception)}");

    /// <summary>Why it failed, in some words.</summary>
    public static string ReasonOf(Exception exception) => exception switch
    {
        AggregateException attempts => ReasonOf(attempts.InnerExceptions[^1]),
        RequestFailedException { Status: 0 } => "it cannot be reached",
        RequestFailedException { ErrorCode: { Length: > 0 } code } refused => $"{refused.Status} {code}",
        RequestFailedException refused => $"status {refused.Status}",
        AuthenticationFailedException => "this process cannot prove its identity",
        OperationCanceledException => "it does not answer in time",
        _ => exception.GetType().Name,
    };
}
