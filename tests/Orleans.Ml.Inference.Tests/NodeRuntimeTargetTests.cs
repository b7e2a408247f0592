using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;

namespace Orleans.Ml.Inference.Tests;

/// <summary>What a node makes of targets: whom it believes, and for what there is room.</summary>
public sealed class NodeRuntimeTargetTests
{
    [Fact]
    public async Task AnswersBeforeAnythingIsLoaded()
    {
        await using var node = new NodeFixture(getsReadyByItself: false);

        var decision = node.Apply(1, Given.Deployment(allocations: 2));

        Assert.Equal((true, Given.Epoch, 1), (decision.IsAccepted, decision.Epoch, decision.AppliedPlan));
        Assert.Empty(decision.Pending);
        Assert.Equal(new Route(0, 2, RoutingState.Starting), node.Find("d")!.Route);
    }

    [Fact]
    public async Task Serves_WhenTheModelIsLoaded()
    {
        await using var node = new NodeFixture(answersByItself: true);

        node.Apply(1, Given.Deployment(allocations: 2));

        var report = await node.WaitForAsync("d", RoutingState.Started);
        Assert.Equal(new Route(2, 2, RoutingState.Started), report.Route);
        Assert.Equal((Given.NodeId, Given.Epoch, 1), (report.NodeId, report.Epoch, report.PlanVersion));
        Assert.True((await node.InferAsync("d", "one")).IsOk);
    }

    [Fact]
    public async Task StartsTheWorkerAsAsked()
    {
        await using var node = new NodeFixture();

        node.Apply(1, new DeploymentTarget(Given.Task(threads: 2, priority: Priority.Low), 1, 1));
        var settings = (await node.Workers.NextAsync()).Settings;

        Assert.Equal(
            ("d", "/models/model.pt", 1, 2, true, 1, 512),
            (settings.DeploymentId, settings.ModelPath, settings.Allocations, settings.ThreadsPerAllocation, settings.IsLowPriority, settings.Arguments,
                settings.MaxLength));
    }

    [Theory]
    [InlineData("an older plan", Given.NodeId, Given.Epoch, 1)]
    [InlineData("another life of the node", Given.NodeId, Given.Epoch - 1, 9)]
    [InlineData("another node", "node-b", Given.Epoch, 9)]
    public async Task ChangesNothing_WhenTheTargetIsFor(string what, string nodeId, long epoch, long plan)
    {
        await using var node = new NodeFixture();
        await node.ServeAsync(2, Given.Deployment());

        var decision = node.Runtime.Apply(new NodeTarget(nodeId, epoch, plan, []));

        Assert.Equal((false, Given.Epoch, 2), (decision.IsAccepted, decision.Epoch, decision.AppliedPlan));
        Assert.True(node.Find("d")!.Route.State == RoutingState.Started, what);
    }

    [Fact]
    public async Task AcceptsNothing_BeforeItKnowsItsEpoch()
    {
        await using var fixture = new NodeFixture();
        await using var node = new NodeRuntime(
            new NodeOptions { NodeId = Given.NodeId },
            fixture.Workers,
            fixture.Source,
            fixture.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            new InferenceMetrics(new TestMeters()));

        Assert.False(node.Apply(new NodeTarget(Given.NodeId, 0, 1, [Given.Deployment()])).IsAccepted);
        Assert.Empty(node.GetRoutes());
    }

    [Fact]
    public async Task ChangesNothing_WhenTheSamePlanComesAgain()
    {
        await using var node = new NodeFixture();
        await node.ServeAsync(1, Given.Deployment());

        var decision = node.Apply(1);

        Assert.True(decision.IsAccepted);
        Assert.Equal(RoutingState.Started, node.Find("d")!.Route.State);
    }

    [Fact]
    public async Task KeepsADeploymentPending_UntilItsPredecessorHasLetGo()
    {
        await using var node = new NodeFixture(processors: 2);
        var worker = await node.ServeAsync(1, Given.Deployment("old", allocations: 2));
        var (reply, request) = await node.RunAsync(worker, "old");

        var decision = node.Apply(2, Given.Deployment("new", allocations: 1));
        Assert.StartsWith("deployment [new] needs [1] processors", decision.Pending["new"], StringComparison.Ordinal);
        Assert.Contains("[0] of [2]", decision.Pending["new"], StringComparison.Ordinal);
        Assert.Equal(RoutingState.Starting, node.Find("new")!.Route.State);
        Assert.False(node.Workers.HasNext);
        worker.Answer(request);

        Assert.True((await reply).IsOk);
        await node.WaitForAsync("old", RoutingState.Stopped);
        await node.WaitForAsync("new", RoutingState.Started);
        Assert.Empty(node.Apply(2).Pending);
    }

    [Fact]
    public async Task StartsWhatFits_WhenAnotherWaitsForRoom()
    {
        await using var node = new NodeFixture(processors: 2);

        var decision = node.Apply(1, Given.Deployment("big", allocations: 3), Given.Deployment("small"));

        Assert.Equal(["big"], decision.Pending.Keys);
        await node.WaitForAsync("small", RoutingState.Started);
    }

    [Fact]
    public async Task CountsThreadsOfAllAllocations()
    {
        await using var node = new NodeFixture(processors: 8);

        await node.ServeAsync(1, Given.Deployment(allocations: 2, threads: 4));

        Assert.Equal(8, node.ProcessorsUsed);
        Assert.Equal(["e"], node.Apply(2, Given.Deployment(allocations: 2, threads: 4), Given.Deployment("e")).Pending.Keys);
    }

    [Fact]
    public async Task CountsNoProcessors_WhenThePriorityIsLow()
    {
        await using var node = new NodeFixture(processors: 1);

        var decision = node.Apply(1, Given.Deployment(), new DeploymentTarget(Given.Task("low", priority: Priority.Low), 1, 1));

        Assert.Empty(decision.Pending);
        await node.WaitForAsync("low", RoutingState.Started);
    }

    [Fact]
    public async Task CountsMemory_WhateverThePriority()
    {
        await using var node = new NodeFixture(memoryBytes: (2 * MemoryEstimate.OverheadBytes) - 1);

        var decision = node.Apply(1, Given.Deployment(), new DeploymentTarget(Given.Task("low", priority: Priority.Low), 1, 1));

        Assert.Equal(["low"], decision.Pending.Keys);
        Assert.Equal(MemoryEstimate.OverheadBytes, node.MemoryUsed);
    }

    [Fact]
    public async Task StopsTheEarlierIncarnationFirst_WhenAnotherIsWanted()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment(incarnation: 1));
        var (running, request) = await node.RunAsync(worker);
        var waiting = node.InferAsync("d", "two");

        var decision = node.Apply(2, Given.Deployment(incarnation: 2));

        Assert.Equal(["d"], decision.Pending.Keys);
        Assert.Equal(MlErrorKind.Conflict, (await waiting).ErrorKind);
        Assert.Equal(RoutingState.Stopping, node.Find("d", 1)!.Route.State);
        worker.Answer(request);
        Assert.True((await running).IsOk);
        await node.WaitForAsync("d", RoutingState.Stopped, incarnation: 1);
        await node.WaitForAsync("d", RoutingState.Started, incarnation: 2);
    }

    [Fact]
    public async Task TellsThatItHasLetGo_WhenItNeverHadTheDeployment()
    {
        await using var node = new NodeFixture();

        node.Apply(1, Given.Deployment(stop: StopMode.Forced));

        Assert.Equal(new Route(0, 0, RoutingState.Stopped), node.Find("d")!.Route);
    }

    [Fact]
    public async Task RepeatsThatADeploymentHasStopped_UntilANewerPlanNoLongerNamesIt()
    {
        await using var node = new NodeFixture();
        await node.ServeAsync(1, Given.Deployment());
        node.Apply(2, Given.Deployment(stop: StopMode.Forced));
        await node.WaitForAsync("d", RoutingState.Stopped);

        node.Apply(3, Given.Deployment(stop: StopMode.Forced));
        Assert.Equal(RoutingState.Stopped, node.Find("d")!.Route.State);
        node.Apply(4);

        Assert.Empty(node.Runtime.GetRoutes());
    }

    [Fact]
    public async Task BeginsAgain_WhenADeploymentIsWantedAgainWhileItDrains()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());
        var (reply, request) = await node.RunAsync(worker);
        node.Apply(2);

        node.Apply(3, Given.Deployment());
        worker.Answer(request);

        Assert.True((await reply).IsOk);
        var second = await node.Workers.NextAsync();
        await node.WaitForAsync("d", RoutingState.Started);
        Assert.NotSame(worker, second);
    }

    [Fact]
    public async Task DescribesItself()
    {
        await using var node = new NodeFixture(processors: 3, memoryBytes: 5);
        node.Apply(4);

        Assert.Equal(new(Given.NodeId, Given.Epoch, 3, 5, 4, "127.0.0.1:1", "1.2.3"), node.Runtime.Describe());
    }

    [Fact]
    public async Task NumbersItsReports()
    {
        await using var node = new NodeFixture();
        node.Apply(1, Given.Deployment("a"), Given.Deployment("b"));

        long[] numbers = [.. node.Runtime.GetRoutes().Concat(node.Runtime.GetRoutes()).Select(r => r.Sequence)];

        Assert.Equal(4, numbers.Distinct().Count());
        Assert.Equal(numbers.Order(), numbers);
    }

    [Fact]
    public async Task ShowsTheLatestStateOnly_WhenTheReaderIsSlow()
    {
        await using var node = new NodeFixture();
        await using var routes = node.Runtime.WatchRoutesAsync(CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        node.Apply(1, Given.Deployment());
        Assert.True(await routes.MoveNextAsync().Soon());
        await node.WaitForAsync("d", RoutingState.Started);
        node.Apply(2);
        await node.WaitForAsync("d", RoutingState.Stopped);

        Assert.True(await routes.MoveNextAsync().Soon());

        Assert.Equal(RoutingState.Stopped, Assert.Single(routes.Current).Route.State);
    }
}
