namespace Orleans.Ml.Client;

/// <summary>Asks a grain that answers when it has news, over and over.</summary>
internal static class LongPoll
{
    /// <summary>A poll is ended here this long after its wait, so that a lost grain cannot hold it.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(0.5);

    /// <summary>Asks once.</summary>
    /// <param name="what">What is asked for, for the message.</param>
    /// <param name="wait">How long the grain may wait for news.</param>
    /// <param name="pollAsync">Asks the grain.</param>
    /// <param name="cancellationToken">Of the caller.</param>
    /// <exception cref="TimeoutException">The grain does not answer.</exception>
    public static async Task<T> AskAsync<T>(string what, TimeSpan wait, Func<CancellationToken, Task<T>> pollAsync, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait + Margin);
        try
        {
            try
            {
                return await pollAsync(limit.Token).WaitAsync(limit.Token);
            }
            catch (SiloUnavailableException) when (!limit.IsCancellationRequested)
            {
                // Lost with the silo that had it, or with the gateway it went through.
                return await pollAsync(limit.Token).WaitAsync(limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{what} did not answer within [{(wait + Margin).TotalSeconds}s]");
        }
    }

    /// <summary>Asks until it is stopped; after a failure again, a little later.</summary>
    /// <param name="askAsync">Asks once and takes the answer in.</param>
    /// <param name="onFailure">Told why a poll failed.</param>
    /// <param name="retryDelay">How much later.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stoppingToken">Ends it.</param>
    public static async Task RunAsync(Func<Task> askAsync, Action<string> onFailure, TimeSpan retryDelay, TimeProvider time, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await askAsync();
            }
            catch (Exception exception)
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                onFailure(exception.Message);
                await Task.Delay(retryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
