using System.ComponentModel.DataAnnotations;

namespace Orleans.Ml.Client;

/// <summary>How requests are sent to nodes.</summary>
public sealed class RouterOptions
{
    /// <summary>How many other routes are tried when a node's queue is full, before the caller gets 429. Default 3.</summary>
    [Range(0, 100)]
    public int OtherRoutesWhenRejected { get; set; } = 3;

    /// <summary>How long after a request's own timeout the router stops waiting for its node, which should have answered. Default 1 s.</summary>
    public TimeSpan AnswerMargin { get; set; } = TimeSpan.FromSeconds(1);
}
