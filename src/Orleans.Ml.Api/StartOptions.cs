using System.ComponentModel.DataAnnotations;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api;

/// <summary>What a start means that does not say more, and how far it may go. Elasticsearch's newest releases have 10 000, 100 000 and 30 s here.</summary>
public sealed class StartOptions
{
    /// <summary>Documents that may wait per node when nothing is said.</summary>
    [Range(1, StartDeployment.MaxQueueCapacity)]
    public int QueueCapacity { get; set; } = StartDeployment.DefaultQueueCapacity;

    /// <summary>The largest queue capacity that may be asked for.</summary>
    [Range(1, StartDeployment.MaxQueueCapacity)]
    public int MaxQueueCapacity { get; set; } = StartDeployment.MaxQueueCapacity;

    /// <summary>The largest number of threads of one allocation that may be asked for.</summary>
    [Range(1, StartDeployment.MaxThreadsPerAllocation)]
    public int MaxThreadsPerAllocation { get; set; } = StartDeployment.MaxThreadsPerAllocation;

    /// <summary>How long a start waits when nothing is said.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}
