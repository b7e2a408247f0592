using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Client.Tests;

public sealed class InferenceRouterTests
{
    private static readonly InferenceInput Input = new(["text"], null, TimeSpan.FromSeconds(10));
    private static readonly InferenceReply Ok = InferenceReply.Ok([], null);
    private static readonly InferenceReply Full = InferenceReply.Rejected("full", 5);

    private readonly ScriptedCluster _cluster = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindsTheDeploymentOfAModel_WhenTheIdIsTheModels()
    {
        var other = Given.Assignment("other", routes: [("a", RoutingState.Started, 1, 1)]);
        Tell(other with { TaskParameters = other.TaskParameters with { ModelId = "m" } });

        Assert.Equal("other", (await Router().ResolveAsync("m", Cancellation)).TaskParameters.DeploymentId);
    }

    [Fact]
    public async Task FindsTheDeploymentOfTheModel_WhenTheIdIsAnAliasOfIt()
    {
        Tell(Given.Assignment("m", routes: [("a", RoutingState.Started, 1, 1)]));
        _cluster.Aliases = new(1, ModelAliases.Empty.ByAlias.Add("other-name", "m"));

        Assert.Equal("m", (await Router().ResolveAsync("other-name", Cancellation)).TaskParameters.DeploymentId);
    }

    [Fact]
    public async Task SharesTheRequestsOfAModel_BetweenItsDeployments()
    {
        var deployments = new[] { "one", "two" }.Select(id => Given.Assignment(id, routes: [("a", RoutingState.Started, 1, 1)]))
            .Select(a => a with { TaskParameters = a.TaskParameters with { ModelId = "m" } });
        Tell([.. deployments]);
        var router = Router();

        var served = new List<string>();
        for (var i = 0; i < 200; i++)
            served.Add((await router.ResolveAsync("m", Cancellation)).TaskParameters.DeploymentId);

        Assert.InRange(served.Count(id => id == "one"), 50, 150);
        Assert.InRange(served.Count(id => id == "two"), 50, 150);
    }

    [Fact]
    public async Task PrefersTheStartedDeployment_WhenAModelHasSeveral()
    {
        var starting = Given.Assignment("one", state: AssignmentState.Starting, routes: [("a", RoutingState.Starting, 1, 1)]);
        var started = Given.Assignment("two", routes: [("a", RoutingState.Started, 1, 1)]);
        Tell(starting with { TaskParameters = starting.TaskParameters with { ModelId = "m" } }, started with { TaskParameters = started.TaskParameters with { ModelId = "m" } });

        Assert.Equal("two", (await Router().ResolveAsync("m", Cancellation)).TaskParameters.DeploymentId);
    }

    [Fact]
    public async Task IsNotFound_WhenNothingHasTheId() =>
        Assert.Equal(MlErrorKind.NotFound, (await Assert.ThrowsAsync<MlException>(async () => await Router().ResolveAsync("nobody", Cancellation))).Kind);

    [Fact]
    public async Task IsAConflict_WhenTheModelIsNotDeployed()
    {
        _cluster.Models.Add("m");

        var error = await Assert.ThrowsAsync<MlException>(async () => await Router().ResolveAsync("m", Cancellation));

        Assert.Equal(MlErrorKind.Conflict, error.Kind);
        Assert.Contains("[m]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsAConflict_WhenTheDeploymentIsBeingStopped()
    {
        Tell(Given.Assignment(state: AssignmentState.Stopping, routes: [("a", RoutingState.Stopping, 1, 1)]));

        Assert.Contains("stopping", (await Assert.ThrowsAsync<MlException>(async () => await Router().ResolveAsync("m", Cancellation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TriesOtherRoutes_WhenAQueueIsFull()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1), ("c", RoutingState.Started, 1, 1)]));
        _cluster.Node("a", Full).Node("b", Full).Node("c", Ok);

        var reply = await InferAsync();

        Assert.True(reply.IsOk);
        Assert.Equal("c", _cluster.Called[^1]);
    }

    [Fact]
    public async Task IsRejected_WhenThreeOtherRoutesAreFullToo()
    {
        var nodes = "abcdef".Select(n => n.ToString()).ToArray();
        Tell(Given.Assignment(routes: [.. nodes.Select(n => (n, RoutingState.Started, 1, 1))]));
        foreach (var node in nodes)
            _cluster.Node(node, Full);

        var reply = await InferAsync();

        Assert.Equal(InferenceStatus.Rejected, reply.Status);
        Assert.Equal(4, _cluster.Called.Distinct().Count());
        Assert.Equal(4, _cluster.Called.Count);
    }

    [Fact]
    public async Task TriesOneOtherRoute_WhenANodeDoesNotServeTheDeployment()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1000, 1000), ("b", RoutingState.Started, 1, 1)]));
        _cluster.Node("a", InferenceReply.NotAllocatedHere("not here")).Node("b", Ok);

        Assert.True((await InferAsync()).IsOk);
    }

    [Fact]
    public async Task TriesOneOtherRoute_WhenANodeIsLost()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1000, 1000), ("b", RoutingState.Started, 1, 1)]));
        _cluster.Node("a", (_, _) => Task.FromException<InferenceReply>(new SiloUnavailableException())).Node("b", Ok);

        Assert.True((await InferAsync()).IsOk);
    }

    [Fact]
    public async Task TriesOneOtherRoute_WhenNoSiloIsLeftToPlaceTheCallOn()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1000, 1000), ("b", RoutingState.Started, 1, 1)]));
        _cluster.Node("a", (_, _) => Task.FromException<InferenceReply>(new OrleansException("No active nodes are compatible with grain"))).Node("b", Ok);

        Assert.True((await InferAsync()).IsOk);
    }

    [Fact]
    public async Task IsUnavailable_WhenTheOnlyNodeIsLost()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]));
        _cluster.Node("a", (_, _) => Task.FromException<InferenceReply>(new SiloUnavailableException()));

        Assert.Equal(MlErrorKind.Unavailable, (await InferAsync()).ErrorKind);
    }

    [Fact]
    public async Task TriesOneOtherRoute_WhenTheTableCannotBeAskedMeanwhile()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1000, 1000), ("b", RoutingState.Started, 1, 1)]));
        var router = Router();
        await router.ResolveAsync("m", Cancellation);
        _cluster.OnPoll = _ => Task.FromException<RoutingTable>(new SiloUnavailableException());
        _cluster.Node("a", InferenceReply.NotAllocatedHere("not here")).Node("b", Ok);

        Assert.True((await router.InferAsync(_cluster.Table.Deployments[0], Input, Cancellation)).IsOk);
    }

    [Fact]
    public async Task LeavesTheSecondRouteOnlyWhatTheFirstHasLeft()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1000, 1000), ("b", RoutingState.Started, 1, 1)]));
        var given = new List<TimeSpan>();
        _cluster.Node("a", (input, _) => Answer(input, InferenceReply.NotAllocatedHere("not here"))).Node("b", (input, _) => Answer(input, Ok));

        await InferAsync();

        Assert.Equal(Input.Timeout, given[0]);
        Assert.All(given.Skip(1), timeout => Assert.InRange(timeout, TimeSpan.FromTicks(1), Input.Timeout - TimeSpan.FromTicks(1)));

        Task<InferenceReply> Answer(InferenceInput input, InferenceReply reply)
        {
            given.Add(input.Timeout);
            return Task.FromResult(reply);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(922337203685477)]
    public async Task EndsNoCallByItself_WhenTheCallerAllowsAnyTime(long milliseconds)
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]));
        CancellationToken seen = default;
        _cluster.Node("a", (_, cancellation) =>
        {
            seen = cancellation;
            return Task.FromResult(Ok);
        });
        var router = Router(new RouterOptions { AnswerMargin = TimeSpan.FromMilliseconds(1) });

        var reply = await router.InferAsync(await router.ResolveAsync("m", Cancellation), Input with { Timeout = TimeSpan.FromMilliseconds(milliseconds) }, Cancellation);

        Assert.True(reply.IsOk);
        Assert.False(seen.IsCancellationRequested);
    }

    [Fact]
    public async Task SaysThatTheTableDoesNotAnswer_WhenItHangs()
    {
        _cluster.OnPoll = _ => new TaskCompletionSource<RoutingTable>().Task;

        await Assert.ThrowsAsync<TimeoutException>(async () => await Router(new RouterOptions { ResolveLimit = TimeSpan.FromSeconds(0.2) }).ResolveAsync("m", Cancellation));
    }

    [Fact]
    public async Task SaysWhyTheClusterDoesNotSay_WhenItRefusesForLong()
    {
        _cluster.OnPoll = _ => Task.FromException<RoutingTable>(new OrleansException("the grain cannot be activated"));

        var late = await Assert.ThrowsAsync<TimeoutException>(async () => await Router(new RouterOptions { ResolveLimit = TimeSpan.FromSeconds(0.2) }).ResolveAsync("m", Cancellation));

        Assert.Contains("the grain cannot be activated", late.Message, StringComparison.Ordinal);
        Assert.IsType<OrleansException>(late.InnerException);
    }

    [Fact]
    public async Task IsRejected_WhenOneRouteIsFullAndTheOtherCannotBeReached()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)]));
        var asked = 0;
        _cluster.Node("a", Full).Node("b", (_, _) =>
        {
            asked++;
            return Task.FromException<InferenceReply>(new OrleansException("no compatible node"));
        });

        Assert.Equal(InferenceStatus.Rejected, (await InferAsync()).Status);
        Assert.InRange(asked, 0, 1);
    }

    [Fact]
    public async Task AsksAgain_WhenTheTableWasLostWithItsSilo()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]));
        var failures = new Queue<Exception>([new OrleansException("Silo stopping"), new SiloUnavailableException(), new TimeoutException()]);
        _cluster.OnPoll = _ => failures.TryDequeue(out var failure) ? Task.FromException<RoutingTable>(failure) : Task.FromResult(_cluster.Table);

        Assert.Equal("m", (await Router().ResolveAsync("m", Cancellation)).TaskParameters.DeploymentId);
        Assert.Empty(failures);
    }

    [Fact]
    public async Task NeverTriesAnother_WhenTheModelItselfFailed()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)]));
        var failed = InferenceReply.Failed(MlErrorKind.ModelFailed, "died");
        _cluster.Node("a", failed).Node("b", failed);

        Assert.Equal(InferenceStatus.Failed, (await InferAsync()).Status);
        Assert.Single(_cluster.Called);
    }

    [Fact]
    public async Task IsAConflict_WhenNoNodeIsRoutable()
    {
        Tell(Given.Assignment(state: AssignmentState.Starting, routes: [("a", RoutingState.Starting, 1, 1)]));

        var reply = await InferAsync();

        Assert.Equal((InferenceStatus.Failed, MlErrorKind.Conflict), (reply.Status, reply.ErrorKind));
        Assert.Contains("not allocated to any nodes", reply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndsTheCall_WhenTheCallerIsGone()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]));
        using var caller = new CancellationTokenSource();
        _cluster.Node("a", async (_, cancellation) =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return Ok;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await InferAsync(caller.Token));
    }

    [Fact]
    public async Task PrefersTheLessBusyRoute_WhenAllocationsAreEqual()
    {
        Tell(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)]));
        var held = new TaskCompletionSource<InferenceReply>();
        _cluster.Node("a", (_, _) => held.Task).Node("b", (_, _) => Task.FromResult(Ok));
        var router = Router();
        await router.ResolveAsync("m", Cancellation);

        // Once "a" holds a request, two draws that differ both end at "b": 200 requests finish although "a" never answers the ones it got.
        var assignment = await router.ResolveAsync("m", Cancellation);
        var all = Enumerable.Range(0, 200).Select(_ => router.InferAsync(assignment, Input, Cancellation).AsTask()).ToList();
        var stuck = all.Count(t => !t.IsCompleted);
        held.SetResult(Ok);
        await Task.WhenAll(all);

        Assert.InRange(stuck, 1, 100);
    }

    private void Tell(params Assignment[] assignments) => _cluster.Table = new RoutingTable(
        new RoutingVersion(Guid.NewGuid(), 1), true, 1, [.. assignments], [.. assignments.SelectMany(a => a.RoutingTable.Keys).Distinct().Select(n => new LiveNode(n, 1))]);

    private InferenceRouter Router(RouterOptions? options = null) => new(
        new RoutingCache(_cluster, TimeProvider.System, NullLogger<RoutingCache>.Instance),
        new AliasCache(_cluster, TimeProvider.System, NullLogger<AliasCache>.Instance),
        _cluster,
        new GatewayLosses(),
        Options.Create(options ?? new RouterOptions()));

    private async Task<InferenceReply> InferAsync(CancellationToken? caller = null)
    {
        var router = Router();
        return await router.InferAsync(await router.ResolveAsync("m", Cancellation), Input, caller ?? Cancellation);
    }
}
