using System.Diagnostics;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Where a test's cluster has its membership and state.</summary>
public enum Membership
{
    AzureTables,
    Redis,
}

/// <summary>What the nodes of one test's cluster share, and the view on its membership table that an operator would have.</summary>
internal interface IClusterStore : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How nodes and frontends are told where it is.</summary>
    IReadOnlyList<string> Options { get; }

    /// <summary>The lives of a node that the table holds: the address of each, and whether it counts as dead.</summary>
    Task<IReadOnlyDictionary<string, bool>> LivesAsync(string node);

    /// <summary>Waits until the cluster has given up on this life of a node.</summary>
    async Task UntilDeadAsync(string node, string life)
    {
        var clock = Stopwatch.StartNew();
        while ((await LivesAsync(node)).TryGetValue(life, out var isDead) && !isDead)
        {
            Assert.True(clock.Elapsed < Patience, $"{node} was never seen dead");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    static async Task<IClusterStore> StartAsync(Membership membership) =>
        membership == Membership.Redis ? await RedisProcess.StartAsync() : await AzuriteProcess.StartAsync();
}
