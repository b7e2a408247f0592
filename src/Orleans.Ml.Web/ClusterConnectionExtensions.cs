namespace Orleans.Hosting;

/// <summary>How the frontend meets its cluster.</summary>
internal static class ClusterConnectionExtensions
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A frontend that starts before its nodes waits for them, however long that takes; it is not ready meanwhile.</summary>
    public static IClientBuilder WaitForTheCluster(this IClientBuilder client) =>
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            return true;
        });
}
