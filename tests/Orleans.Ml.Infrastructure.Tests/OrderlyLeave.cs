using Orleans.Ml.Inference;

namespace Orleans.Ml.Infrastructure.Tests;

/// <summary>How long a node may take to stop, before which nothing may kill it.</summary>
internal static class OrderlyLeave
{
    /// <summary>To leave, 10 s for the silo after it, and 10 s more while the account hangs (docs/operations.md).</summary>
    public static TimeSpan Limit { get; } = new NodeOptions().LeaveLimit + TimeSpan.FromSeconds(20);
}
