using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference.Tests;

/// <summary>Loading, changing and leaving.</summary>
public sealed class NodeRuntimeLifeTests
{
    [Fact]
    public async Task LoadsOneAtATime()
    {
        await using var node = new NodeFixture(getsReadyByItself: false);
        node.Apply(1, Given.Deployment("a"), Given.Deployment("b"));
        var first = await node.Workers.NextAsync();
        await first.Started.Soon();

        Assert.Single(node.Source.Fetched);
        first.Ready();
        var second = await node.Workers.NextAsync();
        await second.Started.Soon();
        second.Ready();

        await node.WaitForAsync("a", RoutingState.Started);
        await node.WaitForAsync("b", RoutingState.Started);
    }

    [Fact]
    public async Task FailsTheRouteAndGivesTheRoomBack_WhenTheModelCannotBeHad()
    {
        await using var node = new NodeFixture();
        node.Source.BeforeFetch = (_, _) => throw new MlException(MlErrorKind.NotFound, "no vocabulary for [d]");

        node.Apply(1, Given.Deployment());

        Assert.Equal("no vocabulary for [d]", (await node.WaitForAsync("d", RoutingState.Failed)).Route.Reason);
        Assert.Equal((0, 0), (node.ProcessorsUsed, node.MemoryUsed));
        Assert.Equal(InferenceStatus.NotAllocatedHere, (await node.InferAsync("d", "one")).Status);
    }

    [Fact]
    public async Task AsksForTheModelAgain_WhenItCannotBeReachedNow()
    {
        await using var node = new NodeFixture();
        var isAway = true;
        node.Source.BeforeFetch = (p, _) => p.DeploymentId == "d" && isAway ? throw new MlException(MlErrorKind.Unavailable, "storage is away") : Task.CompletedTask;
        node.Apply(1, Given.Deployment("d"), Given.Deployment("other"));
        await node.Time.WaitForAlarmAsync(DeploymentHost.PauseBeforeAskingAgain);

        // Who waits does not hold up the others.
        await node.WaitForAsync("other", RoutingState.Started);
        Assert.Equal(RoutingState.Starting, node.Find("d")!.Route.State);
        isAway = false;
        node.Time.Advance(DeploymentHost.PauseBeforeAskingAgain);

        await node.WaitForAsync("d", RoutingState.Started);
    }

    [Fact]
    public async Task IsStopped_WhileItsModelCannotBeReached()
    {
        await using var node = new NodeFixture();
        node.Source.BeforeFetch = (_, _) => throw new MlException(MlErrorKind.Unavailable, "storage is away");
        node.Apply(1, Given.Deployment("d"));
        await node.Time.WaitForAlarmAsync(DeploymentHost.PauseBeforeAskingAgain);

        node.Apply(2, Given.Deployment("d", stop: StopMode.Forced));

        await node.WaitForAsync("d", RoutingState.Stopped);
        Assert.Equal(0, node.ProcessorsUsed);
    }

    [Fact]
    public async Task FailsTheRouteWithTheWorkersReason_WhenTheWorkerCannotLoad()
    {
        await using var node = new NodeFixture(getsReadyByItself: false);
        node.Apply(1, Given.Deployment());
        var worker = await node.Workers.NextAsync();
        await worker.Started.Soon();

        worker.GiveUp("not a TorchScript archive");

        Assert.Equal("not a TorchScript archive", (await node.WaitForAsync("d", RoutingState.Failed)).Route.Reason);
        Assert.True(worker.Disposed.IsCompleted);
        Assert.Equal((0, 0), (node.Source.Copies, node.ProcessorsUsed));
    }

    [Fact]
    public async Task TriesAgainOnlyWhenANewerPlanAsks_AfterAFailure()
    {
        await using var node = new NodeFixture();
        node.Source.BeforeFetch = (_, _) => throw new MlException(MlErrorKind.NotFound, "missing");
        node.Apply(1, Given.Deployment());
        await node.WaitForAsync("d", RoutingState.Failed);
        node.Source.BeforeFetch = (_, _) => Task.CompletedTask;

        node.Apply(1, Given.Deployment());
        Assert.Equal(RoutingState.Failed, node.Find("d")!.Route.State);
        node.Apply(2, Given.Deployment());

        Assert.Equal("", (await node.WaitForAsync("d", RoutingState.Started)).Route.Reason);
    }

    [Fact]
    public async Task TellsThatItHasLetGo_WhenAFailedDeploymentIsStopped()
    {
        await using var node = new NodeFixture();
        node.Source.BeforeFetch = (_, _) => throw new MlException(MlErrorKind.NotFound, "missing");
        node.Apply(1, Given.Deployment());
        await node.WaitForAsync("d", RoutingState.Failed);

        node.Apply(2, Given.Deployment(stop: StopMode.Drain));

        Assert.Equal(new Route(0, 0, RoutingState.Stopped), node.Find("d")!.Route);
    }

    [Fact]
    public async Task LoadsTheNext_WhenALoadFails()
    {
        await using var node = new NodeFixture(processors: 1);
        node.Source.BeforeFetch = (task, _) => task.DeploymentId == "a" ? throw new MlException(MlErrorKind.NotFound, "missing") : Task.CompletedTask;

        node.Apply(1, Given.Deployment("a"), Given.Deployment("b"));

        await node.WaitForAsync("a", RoutingState.Failed);
        await node.WaitForAsync("b", RoutingState.Started);
    }

    [Fact]
    public async Task FailsTheRoute_WhenTheWorkerDiesTooOften()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());

        worker.Crash("signal 11");
        Assert.Equal(RoutingState.Started, node.Find("d")!.Route.State);
        worker.GiveUp("inference process crashed due to reason [signal 11]");

        Assert.Equal("inference process crashed due to reason [signal 11]", (await node.WaitForAsync("d", RoutingState.Failed)).Route.Reason);
        Assert.Equal((0, 0), (node.ProcessorsUsed, node.Source.Copies));
        Assert.True(worker.Disposed.IsCompleted);
    }

    [Fact]
    public async Task DropsTheLoad_WhenThePlanNoLongerWantsIt()
    {
        await using var node = new NodeFixture(getsReadyByItself: false);
        node.Apply(1, Given.Deployment());
        var worker = await node.Workers.NextAsync();
        await worker.Started.Soon();

        node.Apply(2);

        await node.WaitForAsync("d", RoutingState.Stopped);
        Assert.True(worker.Disposed.IsCompleted);
        Assert.Equal((0, 0), (node.Source.Copies, node.ProcessorsUsed));
    }

    [Fact]
    public async Task IsNotAllocatedHere_WhenUnknownOrStillLoading()
    {
        await using var node = new NodeFixture(getsReadyByItself: false);
        node.Apply(1, Given.Deployment());

        foreach (var id in new[] { "d", "unknown" })
        {
            var reply = await node.InferAsync(id, "one");
            Assert.Equal((InferenceStatus.NotAllocatedHere, MlErrorKind.TaskNotFound), (reply.Status, reply.ErrorKind));
            Assert.Contains($"[{id}]", reply.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GrowsLive_WhenThePlanWantsMore()
    {
        await using var node = new NodeFixture(processors: 4);
        var worker = await node.ServeAsync(1, Given.Deployment(allocations: 1));

        node.Apply(2, Given.Deployment(allocations: 3));

        await node.WaitForAsync(r => r.Route == new Route(3, 3, RoutingState.Started), "3 allocations");
        Assert.Equal((3, 3), (worker.Allocations, node.ProcessorsUsed));
        Assert.False(node.Workers.HasNext);
    }

    [Fact]
    public async Task GrowsOnlyWhenThereIsRoom()
    {
        await using var node = new NodeFixture(processors: 3);
        node.Apply(1, Given.Deployment("a", allocations: 2), Given.Deployment("b"));
        await node.WaitForAsync("a", RoutingState.Started);
        await node.WaitForAsync("b", RoutingState.Started);

        var decision = node.Apply(2, Given.Deployment("a", allocations: 3), Given.Deployment("b"));
        Assert.Equal(["a"], decision.Pending.Keys);
        Assert.Equal(new Route(2, 3, RoutingState.Started), node.Find("a")!.Route);
        node.Apply(3, Given.Deployment("a", allocations: 3));

        await node.WaitForAsync(r => r is { DeploymentId: "a", Route: { CurrentAllocations: 3 } }, "3 allocations");
    }

    [Fact]
    public async Task GivesRoomBackAfterTheWorkerConfirmed_WhenThePlanWantsLess()
    {
        await using var node = new NodeFixture(processors: 3);
        var worker = await node.ServeAsync(1, Given.Deployment(allocations: 3));
        var confirmation = new TaskCompletionSource();
        worker.AllocationsGate = confirmation.Task;

        var decision = node.Apply(2, Given.Deployment(allocations: 1), Given.Deployment("e", allocations: 2));
        Assert.Equal(["e"], decision.Pending.Keys);
        Assert.Equal(3, node.ProcessorsUsed);
        confirmation.SetResult();

        await node.WaitForAsync("e", RoutingState.Started);
        Assert.Equal(new Route(1, 1, RoutingState.Started), node.Find("d")!.Route);
        Assert.Equal(3, node.ProcessorsUsed);
    }

    [Fact]
    public async Task KeepsWhatItHasAndTriesAgainUnderANewerPlan_WhenTheWorkerRefusesAllocations()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        worker.AllocationsFailure = new InvalidOperationException("no");
        node.Apply(2, Given.Deployment(allocations: 2));
        await worker.AskedAllocationsAsync();
        Assert.Equal(new Route(1, 2, RoutingState.Started), node.Find("d")!.Route);

        worker.AllocationsFailure = null;
        node.Apply(3, Given.Deployment(allocations: 2));

        await node.WaitForAsync(r => r.Route == new Route(2, 2, RoutingState.Started), "2 allocations");
    }

    [Fact]
    public async Task ReportsTheEffectiveNumber_WhenTheWorkerRunsFewer()
    {
        await using var node = new NodeFixture();
        node.Workers.MaxAllocations = 2;

        node.Apply(1, Given.Deployment(allocations: 4));

        Assert.Equal(new Route(2, 4, RoutingState.Started), (await node.WaitForAsync("d", RoutingState.Started)).Route);
    }

    [Fact]
    public async Task AsksForTheAllocationsAgain_WhenARestartedWorkerHasOthers()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment(allocations: 3));

        worker.Crash("signal 11");
        worker.Ready(allocations: 1);

        await node.WaitForAsync(r => r.Route == new Route(3, 3, RoutingState.Started), "3 allocations again");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServesWhatWaitsFirst_WhenItDrains(bool isDroppedByThePlan)
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (running, request) = await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");

        node.Apply(2, isDroppedByThePlan ? [] : [Given.Deployment(stop: StopMode.Drain)]);

        Assert.Equal(new Route(1, 0, RoutingState.Stopping), node.Find("d")!.Route);
        var refused = await node.InferAsync("d", "three");
        Assert.Equal((InferenceStatus.NotAllocatedHere, MlErrorKind.Conflict), (refused.Status, refused.ErrorKind));
        worker.Answer(request);
        worker.Answer(await worker.ReceiveAsync());
        Assert.True((await running).IsOk && (await waiting).IsOk);
        await node.WaitForAsync("d", RoutingState.Stopped);
        Assert.Equal((0, 0), (node.ProcessorsUsed, node.Source.Copies));
        Assert.Equal(InferenceStatus.NotAllocatedHere, (await node.InferAsync("d", "four")).Status);
    }

    [Fact]
    public async Task RefusesWhatWaitsAndLetsTheRunningFinish_WhenForced()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (running, request) = await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");

        node.Apply(2, Given.Deployment(stop: StopMode.Forced));

        Assert.Equal(MlErrorKind.Conflict, (await waiting).ErrorKind);
        Assert.False(worker.Disposed.IsCompleted);
        worker.Answer(request);
        Assert.True((await running).IsOk);
        await node.WaitForAsync("d", RoutingState.Stopped);
    }

    [Fact]
    public async Task StopsTheRunningAfterTenSeconds_WhenForced()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (running, _) = await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");
        node.Apply(2, Given.Deployment(stop: StopMode.Forced));
        await waiting;
        await node.Time.WaitForAlarmAsync(TimeSpan.FromSeconds(10));

        node.Time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.False(worker.Disposed.IsCompleted);
        node.Time.Advance(TimeSpan.FromSeconds(0.001));

        Assert.Equal("inference canceled as process is stopping", (await running).Reason);
    }

    [Fact]
    public async Task RefusesWhatStillWaitsAfterFiveMinutes_WhenItDrains()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");
        node.Apply(2);
        await node.Time.WaitForAlarmAsync(TimeSpan.FromMinutes(5));

        node.Time.Advance(TimeSpan.FromMinutes(4.999));
        Assert.False(waiting.IsCompleted);
        node.Time.Advance(TimeSpan.FromMinutes(0.001));

        Assert.Equal(MlErrorKind.Conflict, (await waiting).ErrorKind);
    }

    [Fact]
    public async Task StopsDraining_WhenItIsForcedMeanwhile()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");
        node.Apply(2, Given.Deployment(stop: StopMode.Drain));

        node.Apply(3, Given.Deployment(stop: StopMode.Forced));

        Assert.Equal(MlErrorKind.Conflict, (await waiting).ErrorKind);
    }

    [Fact]
    public async Task DrainsEverythingAndAcceptsNothing_WhenTheNodeStops()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (running, request) = await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");

        var stopping = node.Runtime.StopAsync(CancellationToken.None);
        Assert.False(node.Apply(2, Given.Deployment("e")).IsAccepted);
        worker.Answer(request);
        worker.Answer(await worker.ReceiveAsync());
        await stopping.Soon();

        Assert.True((await running).IsOk && (await waiting).IsOk && worker.Disposed.IsCompleted);
        Assert.Equal(RoutingState.Stopped, Assert.Single(node.Runtime.GetRoutes()).Route.State);
    }

    [Fact]
    public async Task StopsEverythingAtOnce_WhenTheNodeHasNoTimeLeft()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (running, _) = await node.RunAsync(worker);
        using var deadline = new CancellationTokenSource();
        var stopping = node.Runtime.StopAsync(deadline.Token);
        Assert.False(stopping.IsCompleted);

        await deadline.CancelAsync();
        await stopping.Soon();

        Assert.Equal("inference canceled as process is stopping", (await running).Reason);
        Assert.Equal((0, 0), (node.ProcessorsUsed, node.Source.Copies));
    }
}
