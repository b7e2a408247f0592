using System.ComponentModel.DataAnnotations;

namespace Orleans.Ml.Client;

/// <summary>How requests are sent to nodes.</summary>
public sealed class RouterOptions
{
    /// <summary>How many other routes are tried when a node's queue is full, before the caller gets 429. Default 3.</summary>
    [Range(0, 100)]
    public int OtherRoutesWhenRejected { get; set; } = 3;

    /// <summary>How long nodes that cannot be reached, and are not known to be gone, are tried again before the caller gets 503. Default 3 s, longer than it takes to see a killed node gone.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ReachLimit { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long after a request's own timeout the router stops waiting for its node, which should have answered. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan AnswerMargin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a request for an id that is not started in this process's table waits until the cluster says what it is. Default 5 s, time to see a node dead and to go on elsewhere.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan ResolveLimit { get; set; } = TimeSpan.FromSeconds(5);
}
