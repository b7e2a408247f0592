using System.Diagnostics;
using Orleans.Ml.Inference;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Tests;

/// <summary>A node stops in an orderly way.</summary>
[Collection(ClusterFixture.OnePlan)]
public sealed class DepartureTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ServesUntilAnotherNodeHasLoadedTheModel()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2);
        var home = cluster.Silo(Assert.Single((await cluster.ServeAsync(allocations: 2)).RoutingTable).Key);
        var heir = cluster.Other(home);
        var isLoading = new TaskCompletionSource();
        var mayLoad = new TaskCompletionSource();
        cluster.Models.BeforeFetch = (_, cancellation) =>
        {
            isLoading.TrySetResult();
            return mayLoad.Task.WaitAsync(cancellation);
        };

        var stop = cluster.Cluster.StopSiloAsync(home, ClusterFixture.Cancellation);
        await isLoading.Task.WaitAsync(Soon, ClusterFixture.Cancellation);
        var meanwhile = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SmallCluster.InferAsync(SmallCluster.RouterOf(heir))));

        Assert.All(meanwhile, r => Assert.True(r.IsOk, r.Reason));
        Assert.False(stop.IsCompleted);
        mayLoad.SetResult();
        await stop.WaitAsync(Soon, ClusterFixture.Cancellation);
        var after = await cluster.WaitForAsync(a => a.RoutingTable.Keys.SequenceEqual([heir.Name]));
        Assert.Equal(2, after.AllocationCount);
        Assert.True((await SmallCluster.InferAsync(SmallCluster.RouterOf(heir))).IsOk);
    }

    [Fact]
    public async Task StopsAtOnce_WhenItIsTheOnlyNode()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 1, (_, node) => node.LeaveLimit = TimeSpan.FromMinutes(5));
        await cluster.ServeAsync(allocations: 2);
        var started = Stopwatch.GetTimestamp();

        await cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos[0], ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation);

        // Far from its limit; what it takes is the silo's own stop on a busy machine.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task StopsAtItsLimit_WhenNobodyGetsReady()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2, (_, node) => node.LeaveLimit = TimeSpan.FromSeconds(2));
        var home = cluster.Silo(Assert.Single((await cluster.ServeAsync(allocations: 2)).RoutingTable).Key);
        cluster.Models.BeforeFetch = (_, cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

        await cluster.Cluster.StopSiloAsync(home, ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation);

        await cluster.WaitForAsync(a => a.RoutingTable.Keys.SequenceEqual([cluster.Other(home).Name]));
    }

    [Fact]
    public async Task LosesNoRequest_WhenNodesAreRestartedUnderLoad()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 3);
        await cluster.ServeAsync(allocations: 20);
        using var enough = new CancellationTokenSource();
        var load = new[] { SmallCluster.RouterOf(cluster.Silo("Silo_0")), cluster.ExternalRouter }.Select(router => Task.Run(async () =>
        {
            var replies = new List<InferenceReply>();
            while (!enough.IsCancellationRequested)
                replies.AddRange(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SmallCluster.InferAsync(router))));
            return replies;
        })).ToList();

        foreach (var name in new[] { "Silo_1", "Silo_2" })
        {
            await cluster.Cluster.StopSiloAsync(cluster.Silo(name), ClusterFixture.Cancellation).WaitAsync(Soon, ClusterFixture.Cancellation);
            await cluster.StartSiloAsync(name);
            await cluster.WaitForAsync(a => a.AllocationCount == 20);
        }

        await enough.CancelAsync();
        var replies = (await Task.WhenAll(load).WaitAsync(Soon, ClusterFixture.Cancellation)).SelectMany(r => r).ToList();
        Assert.Empty(replies.Where(r => !r.IsOk).Select(r => $"{r.Status} {r.ErrorKind} {r.Reason}").Distinct());
        Assert.InRange(replies.Count, 100, int.MaxValue);
    }

    [Fact]
    public async Task GetsNoAllocations_WhenItIsNoComputeNode()
    {
        await using var cluster = await SmallCluster.StartAsync(silos: 2, (name, node) => node.Roles = name == "Silo_1" ? NodeRoles.Frontend : NodeRoles.Compute);

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.StartDeploymentAsync(allocations: 13));
        var assignment = await cluster.ServeAsync(allocations: 12);

        Assert.Equal(MlErrorKind.NoCapacity, error.Kind);
        Assert.Equal(["Silo_0"], assignment.RoutingTable.Keys);
        Assert.True((await SmallCluster.InferAsync(SmallCluster.RouterOf(cluster.Silo("Silo_1")))).IsOk);
    }
}
