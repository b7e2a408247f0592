using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Web;

/// <summary>Tries to meet the cluster once a second, and says why that fails when the reason is another one than before.</summary>
internal sealed partial class WaitForCluster(ILogger<WaitForCluster> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private string? _last;

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Those of the account carry addresses and headers.
        var reason = AzureStorageFailure.IsOne(exception, cancellationToken) ? $"Azure Storage: {AzureStorageFailure.ReasonOf(exception)}" : exception.Message;
        if (reason != _last && !cancellationToken.IsCancellationRequested)
            LogWaiting(_last = reason);
        await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for the cluster: {Reason}")]
    private partial void LogWaiting(string reason);
}
