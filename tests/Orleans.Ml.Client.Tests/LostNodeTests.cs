using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Client.Tests;

/// <summary>What a caller sees of a node that goes while it works for him.</summary>
public sealed class LostNodeTests : IDisposable
{
    private static readonly InferenceInput Input = new(["text"], null, TimeSpan.FromMinutes(10));
    private static readonly InferenceReply Ok = InferenceReply.Ok([], null);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly ScriptedCluster _cluster = new();
    private readonly ScriptedMembership _membership = new();
    private readonly GatewayLosses _gateways = new();
    private readonly TaskCompletionSource _isCalled = new();
    private RoutingCache? _cache;
    private long _revision;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _cache?.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IsServedByAnotherRouteAtOnce_WhenTheNodeGoes(bool isInASilo)
    {
        Tell([("a", 1), ("b", 1)], ("a", 1000), ("b", 1));
        Hang("a");
        _cluster.Node("b", Ok);
        var router = await RouterAsync(isInASilo);
        var call = router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation).AsTask();
        await _isCalled.Task.WaitAsync(Soon, Cancellation);
        Assert.False(call.IsCompleted);

        await GoesAsync(isInASilo, ("b", 1));

        Assert.True((await call.WaitAsync(Soon, Cancellation)).IsOk);
        Assert.Equal(["a", "b"], _cluster.Called);
    }

    [Fact]
    public async Task IsUnavailableAtOnceNamingTheNode_WhenThereIsNoOtherRoute()
    {
        Tell([("a", 1), ("other", 1)], ("a", 1));
        Hang("a");
        var router = await RouterAsync(isInASilo: true);
        var call = router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation).AsTask();
        await _isCalled.Task.WaitAsync(Soon, Cancellation);

        await GoesAsync(isInASilo: true, ("other", 1));

        var reply = await call.WaitAsync(Soon, Cancellation);
        Assert.Equal(MlErrorKind.Unavailable, reply.ErrorKind);
        Assert.Contains("[a]", reply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsServedElsewhere_WhenTheNodeIsBackInAnotherLife()
    {
        Tell([("a", 1), ("b", 1)], ("a", 1000), ("b", 1));
        Hang("a");
        _cluster.Node("b", Ok);
        var router = await RouterAsync(isInASilo: true);
        var call = router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation).AsTask();
        await _isCalled.Task.WaitAsync(Soon, Cancellation);

        await GoesAsync(isInASilo: true, ("a", 2), ("b", 1));

        Assert.True((await call.WaitAsync(Soon, Cancellation)).IsOk);
    }

    [Fact]
    public async Task IsTriedOnceMoreOnly_WhenTheSecondNodeGoesToo()
    {
        Tell([("a", 1), ("b", 1), ("c", 1)], ("a", 1), ("b", 1), ("c", 1));
        foreach (var node in new[] { "a", "b", "c" })
            _cluster.Node(node, (_, _) => Task.FromException<InferenceReply>(new SiloUnavailableException()));
        var router = await RouterAsync(isInASilo: true);

        var reply = await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation);

        Assert.Equal(MlErrorKind.Unavailable, reply.ErrorKind);
        Assert.Equal(2, _cluster.Called.Count);
    }

    [Fact]
    public async Task IsAskedOnceMoreOfItsNode_WhenOnlyTheGatewayToItIsLost()
    {
        Tell([("a", 1)], ("a", 1));
        var answers = new Queue<Func<Task<InferenceReply>>>([LoseGatewayAsync, () => Task.FromResult(Ok)]);
        _cluster.Node("a", (_, _) => answers.Dequeue()());
        var router = await RouterAsync(isInASilo: false);

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
        Assert.Equal(["a", "a"], _cluster.Called);
    }

    [Fact]
    public async Task IsAskedAgain_WhenNoNodeCanBeReachedForAMoment()
    {
        Tell([("a", 1), ("b", 1)], ("a", 1), ("b", 1));
        var attempts = 0;
        foreach (var node in new[] { "a", "b" })
            _cluster.Node(node, (_, _) => ++attempts < 6 ? Task.FromException<InferenceReply>(new OrleansException("no way there")) : Task.FromResult(Ok));
        var router = await RouterAsync(isInASilo: false);

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
        Assert.Equal(6, attempts);
    }

    [Fact]
    public async Task IsUnavailable_WhenNoNodeCanBeReachedForLong()
    {
        Tell([("a", 1)], ("a", 1));
        _cluster.Node("a", (_, _) => Task.FromException<InferenceReply>(new OrleansException("no way there")));
        var router = await RouterAsync(isInASilo: false, new RouterOptions { ReachLimit = TimeSpan.FromSeconds(0.2) });

        var reply = await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation).AsTask().WaitAsync(Soon, Cancellation);

        Assert.Equal((MlErrorKind.Unavailable, "Node [a] is not available"), (reply.ErrorKind, reply.Reason));
    }

    [Fact]
    public async Task IsServedByAnotherRoute_WhenTheGatewayToItsNodeIsLostTwice()
    {
        Tell([("a", 1), ("b", 1)], ("a", 1000), ("b", 1));
        _cluster.Node("a", (_, _) => LoseGatewayAsync()).Node("b", Ok);
        var router = await RouterAsync(isInASilo: false);

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
        Assert.Equal(["a", "a", "b"], _cluster.Called);
    }

    [Fact]
    public async Task StaysWithItsNode_WhenOthersComeAndGo()
    {
        Tell([("a", 1), ("b", 1)], ("a", 1));
        var answer = new TaskCompletionSource<InferenceReply>();
        _cluster.Node("a", (_, cancellation) => answer.Task.WaitAsync(cancellation));
        var router = await RouterAsync(isInASilo: true);
        var call = router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation).AsTask();

        await GoesAsync(isInASilo: true, ("a", 1), ("c", 7));
        // Whoever does not know yet says nothing.
        await _membership.TellAsync([]);
        answer.SetResult(Ok);

        Assert.True((await call.WaitAsync(Soon, Cancellation)).IsOk);
        Assert.Equal(["a"], _cluster.Called);
    }

    [Fact]
    public async Task DoesNotWaitForTheTable_WhenItKnowsAnotherRoute()
    {
        Tell([("a", 1), ("b", 1)], ("a", 1000), ("b", 1));
        _cluster.Node("a", (_, _) => Task.FromException<InferenceReply>(new SiloUnavailableException())).Node("b", Ok);
        var router = await RouterAsync(isInASilo: true);
        _cluster.OnPoll = _ => throw new InvalidOperationException("asked");

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
    }

    [Fact]
    public async Task TriesAFullAndALostRoute_EachWithItsOwnPatience()
    {
        Tell([("a", 1), ("b", 1), ("c", 1)], ("a", 1), ("b", 1), ("c", 1));
        // Whatever the order: one is lost, one is full, one serves.
        var answers = new Queue<Task<InferenceReply>>(
            [Task.FromResult(InferenceReply.Rejected("full", 5)), Task.FromException<InferenceReply>(new SiloUnavailableException()), Task.FromResult(Ok)]);
        foreach (var node in new[] { "a", "b", "c" })
            _cluster.Node(node, (_, _) => answers.Dequeue());
        var router = await RouterAsync(isInASilo: true);

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
    }

    [Theory]
    [InlineData(InferenceStatus.Failed)]
    [InlineData(InferenceStatus.NotAllocatedHere)]
    public async Task ANodeThatFailsEverythingAtOnceIsAvoided(InferenceStatus status)
    {
        Tell([("good", 1), ("bad", 1)], ("good", 1), ("bad", 1));
        var bad = status == InferenceStatus.Failed ? InferenceReply.Failed(MlErrorKind.ModelFailed, "died") : InferenceReply.NotAllocatedHere("not here");
        // The good one has ten requests waiting as long as the test lasts; the bad one never has any.
        _cluster.Node("bad", bad).Node("good", InferenceReply.Ok([], null, queueDepth: 10));
        var router = await RouterAsync(isInASilo: true);
        for (var i = 0; i < 200; i++)
            await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation);
        _cluster.Called.Clear();

        for (var i = 0; i < 400; i++)
            await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation);

        // Only when both draws are the bad one: a quarter.
        Assert.InRange(_cluster.Called.Count(n => n == "bad"), 40, 160);
    }

    /// <summary>What Orleans does to the calls that went through a gateway whose connection breaks.</summary>
    private Task<InferenceReply> LoseGatewayAsync()
    {
        _gateways.OnLost();
        return Task.FromException<InferenceReply>(new SiloUnavailableException());
    }

    private void Tell((string Id, long Epoch)[] live, params (string Node, int Allocations)[] routes)
    {
        var assignment = Given.Assignment(allocations: routes.Sum(r => r.Allocations), routes: [.. routes.Select(r => (r.Node, RoutingState.Started, r.Allocations, r.Allocations))]);
        _cluster.Table = new RoutingTable(new RoutingVersion(Guid.Empty, ++_revision), true, 1, [assignment], [.. live.Select(n => new LiveNode(n.Id, n.Epoch))]);
    }

    /// <summary>The node answers nothing, and whoever waits is told only by his own token.</summary>
    private void Hang(string node) => _cluster.Node(node, async (_, cancellation) =>
    {
        _isCalled.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        return Ok;
    });

    private async Task GoesAsync(bool isInASilo, params (string Id, long Epoch)[] left)
    {
        if (isInASilo)
        {
            await _membership.TellAsync([.. left.Select(n => new LiveNode(n.Id, n.Epoch))]);
            return;
        }

        _cluster.Table = _cluster.Table with { Version = new(Guid.Empty, ++_revision), LiveNodes = [.. left.Select(n => new LiveNode(n.Id, n.Epoch))] };
        await _cache!.RefreshAsync(Cancellation);
    }

    private async Task<InferenceRouter> RouterAsync(bool isInASilo, RouterOptions? options = null)
    {
        _cache = new RoutingCache(_cluster, TimeProvider.System, NullLogger<RoutingCache>.Instance, isInASilo ? _membership : null);
        await _cache.RefreshAsync(Cancellation);
        if (isInASilo)
        {
            await _cache.StartAsync(Cancellation);
            await _membership.TellAsync(_cluster.Table.LiveNodes);
        }

        return new InferenceRouter(_cache, new AliasCache(_cluster, TimeProvider.System, NullLogger<AliasCache>.Instance), _cluster, _gateways, Options.Create(options ?? new RouterOptions()));
    }

    private sealed class ScriptedMembership : ILiveNodeSource
    {
        private readonly Channel<(ImmutableArray<LiveNode> Nodes, TaskCompletionSource Seen)> _news = Channel.CreateUnbounded<(ImmutableArray<LiveNode>, TaskCompletionSource)>();

        public async IAsyncEnumerable<ImmutableArray<LiveNode>> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var (nodes, seen) in _news.Reader.ReadAllAsync(cancellationToken))
            {
                yield return nodes;
                seen.SetResult();
            }
        }

        public async Task TellAsync(ImmutableArray<LiveNode> nodes)
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _news.Writer.WriteAsync((nodes, seen));
            await seen.Task.WaitAsync(Soon);
        }
    }
}
