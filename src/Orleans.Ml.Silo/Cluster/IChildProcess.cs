namespace Orleans.Ml.Silo.Cluster;

/// <summary>A process of the cluster while it runs.</summary>
internal interface IChildProcess : IDisposable
{
    /// <summary>Completes with the exit code when the process has ended, however it did.</summary>
    Task<int> Ended { get; }

    /// <summary>Asks it to stop, and ends it when it has not within <paramref name="limit"/>.</summary>
    Task StopAsync(TimeSpan limit);
}
