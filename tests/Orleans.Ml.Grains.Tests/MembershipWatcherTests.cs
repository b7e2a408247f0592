using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Grains.Nodes;

namespace Orleans.Ml.Grains.Tests;

public sealed class MembershipWatcherTests(ClusterFixture cluster)
{
    [Fact]
    public async Task ReadsTheMembersItself_AgainAndAgainAlsoAfterAFailure()
    {
        var membership = new UnreadableMembership(cluster.Cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterMembershipService>());
        using var watcher = new MembershipWatcher(membership, cluster.Grains, new HastyTime(), NullLogger<MembershipWatcher>.Instance);

        await watcher.StartAsync(ClusterFixture.Cancellation);

        await membership.ReadTwice.Task.WaitAsync(TimeSpan.FromSeconds(20), ClusterFixture.Cancellation);
        await watcher.StopAsync(ClusterFixture.Cancellation);
    }

    /// <summary>The real members, which cannot be read anew.</summary>
    private sealed class UnreadableMembership(IClusterMembershipService inner) : IClusterMembershipService
    {
        private int _reads;

        public TaskCompletionSource ReadTwice { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ClusterMembershipSnapshot CurrentSnapshot => inner.CurrentSnapshot;

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => inner.MembershipUpdates;

        public ValueTask Refresh(MembershipVersion minimumVersion = default) => Refresh(minimumVersion, CancellationToken.None);

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken)
        {
            Assert.Equal(default, minimumVersion);
            if (Interlocked.Increment(ref _reads) == 2)
                ReadTwice.SetResult();
            return ValueTask.FromException(new IOException("the table is away"));
        }

        public Task<bool> TryKill(SiloAddress siloAddress) => inner.TryKill(siloAddress);
    }

    /// <summary>More time passes between two ticks than anybody may know nothing for.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * 20;
    }
}
