namespace Orleans.Ml.Api.Operations;

/// <summary>When a call must have answered.</summary>
internal readonly struct Deadline(TimeProvider time, TimeSpan timeout)
{
    // Timers cannot wait longer than 49 days; nobody waits a day.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan _timeout = timeout < Longest ? timeout : Longest;

    /// <summary>What is left; negative when it is over.</summary>
    public TimeSpan Left => _timeout - time.GetElapsedTime(_start);
}
