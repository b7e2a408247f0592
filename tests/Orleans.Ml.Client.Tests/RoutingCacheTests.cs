using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Client.Tests;

public sealed class RoutingCacheTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What starts after it may serve requests, and could say of no deployment that it is there.</summary>
    [Fact]
    public async Task StartEndsWithTheFirstTable_WhenTheTableTakesItsTime()
    {
        var table = new TaskCompletionSource<RoutingTable>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cluster = new ScriptedCluster();
        cluster.OnPoll = async cancellationToken =>
        {
            asked.TrySetResult();
            return await table.Task.WaitAsync(cancellationToken);
        };
        using var cache = new RoutingCache(cluster, TimeProvider.System, NullLogger<RoutingCache>.Instance);

        var start = cache.StartAsync(TestContext.Current.CancellationToken);

        await asked.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.False(start.IsCompleted);
        table.SetResult(cluster.Table);
        await start.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(cluster.Table.Version, cache.Snapshot.Version);
        await cache.StopAsync(TestContext.Current.CancellationToken);
    }
}
