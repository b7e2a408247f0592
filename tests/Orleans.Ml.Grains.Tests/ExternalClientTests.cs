using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Grains.Tests;

/// <summary>A process that is an Orleans client: it has no membership of its own.</summary>
[Collection(ClusterFixture.OnePlan)]
public sealed class ExternalClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GoesOnElsewhereWithinThreeSeconds_WhenANodeDiesWithItsRequests(bool isWhereTheTableIs)
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 3);
        await cluster.ServeAsync(allocations: 30);
        var router = cluster.ExternalRouter;
        Assert.True((await SmallCluster.InferAsync(router)).IsOk);
        var table = cluster.SiloOf(cluster.Routing);
        var lost = isWhereTheTableIs ? table : cluster.Cluster.Silos.First(s => s != table);
        var isCalled = new TaskCompletionSource();
        using var intercepted = ClusterFixture.Intercept(
            call => call.MethodName == nameof(IInferenceGrain.InferAsync) && NodeKey.NodeOf(call.TargetId.Key.ToString()!) == lost.Name,
            _ =>
            {
                isCalled.TrySetResult();
                return ClusterFixture.HangAsync();
            });
        var calls = Enumerable.Range(0, 50).Select(_ => SmallCluster.InferAsync(router, TimeSpan.FromMinutes(5))).ToList();
        await isCalled.Task.WaitAsync(TimeSpan.FromSeconds(10), ClusterFixture.Cancellation);

        // The others declare it dead, as they do with one that is frozen; nothing of it ever answers.
        await cluster.Cluster.Silos.First(s => s != lost).ServiceProvider.GetRequiredService<IClusterMembershipService>().TryKill(lost.SiloAddress);
        var killed = Stopwatch.GetTimestamp();
        var replies = await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(30), ClusterFixture.Cancellation);
        var elapsed = Stopwatch.GetElapsedTime(killed);

        intercepted.Dispose();
        Assert.All(replies, r => Assert.True(r.IsOk, r.Reason));
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }
}
