using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

[Collection(ClusterFixture.OnePlan)]
public sealed class DeploymentGrainTests(ClusterFixture cluster)
{
    [Fact]
    public async Task IsStartedAndServes_WhenANodeHasRoom()
    {
        await cluster.CreateModelAsync("serves");

        var assignment = await cluster.StartAsync("serves", allocations: 2);

        Assert.Equal(AssignmentState.Started, assignment.State);
        Assert.Equal(2, assignment.AllocationCount);
        Assert.Equal(100, assignment.TaskParameters.ModelBytes);
        Assert.Equal("100b", assignment.TaskParameters.CacheSize);
        var reply = await InferAsync("serves");
        Assert.True(reply.IsOk, reply.Reason);
    }

    [Fact]
    public async Task RefusesASecondStart_OfTheSameId()
    {
        await cluster.CreateModelAsync("twice");
        await cluster.StartAsync("twice");

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.StartAsync("twice"));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[twice]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LetsOneOfTwoConcurrentStartsWin()
    {
        await cluster.CreateModelAsync("race");

        var starts = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await cluster.Deployment("race").StartAsync(new StartDeployment("race", "race"));
                return (MlErrorKind?)null;
            }
            catch (MlException error)
            {
                return error.Kind;
            }
        }));

        Assert.Single(starts, s => s is null);
        Assert.All(starts.Where(s => s is not null), s => Assert.Equal(MlErrorKind.BadRequest, s));
        Assert.Single((await Plan()).Deployments.Keys, "race");
    }

    [Theory]
    [InlineData("absent", MlErrorKind.NotFound)]
    [InlineData("without-definition", MlErrorKind.NotFound)]
    [InlineData("truncated", MlErrorKind.BadRequest)]
    public async Task RefusesAStart_WhenTheModelIsNotWhole(string id, MlErrorKind expected)
    {
        if (id != "absent")
            await cluster.Model(id).CreateAsync(ClusterFixture.Config(id));
        if (id == "truncated")
            await cluster.Model(id).AddPartAsync("1", new DefinitionPart(0, 2, 50, 100, "part-0"));

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.StartAsync(id));

        Assert.Equal(expected, error.Kind);
        Assert.Contains($"[{id}]", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(id, (await Plan()).Deployments.Keys);
    }

    [Fact]
    public async Task WritesNothingAndSaysWhy_WhenNothingFits()
    {
        await cluster.CreateModelAsync("too-big");

        var none = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("too-big").StartAsync(new StartDeployment("too-big", "too-big", 10_000, 32)));

        Assert.Equal(MlErrorKind.NoCapacity, none.Kind);
        Assert.Contains("not enough resources", none.Message, StringComparison.Ordinal);
        Assert.Contains("[Silo_0]", none.InnerException!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("too-big", (await Plan()).Deployments.Keys);
        Assert.Null(await cluster.Deployment("too-big").GetAsync());
    }

    [Fact]
    public async Task IsGoneEverywhere_WhenStopped()
    {
        await cluster.CreateModelAsync("stops");
        await cluster.StartAsync("stops");

        await cluster.StopAsync("stops");

        Assert.Null(await cluster.Deployment("stops").GetAsync());
        Assert.DoesNotContain("stops", (await Plan()).Deployments.Keys);
        var error = await Assert.ThrowsAsync<MlException>(() => InferAsync("stops"));
        Assert.Equal(MlErrorKind.Conflict, error.Kind);
        Assert.Contains("must be deployed", error.Message, StringComparison.Ordinal);
        Assert.False(await cluster.Deployment("stops").StopAsync(StopMode.Forced, "again"));
    }

    [Fact]
    public async Task IsStopped_WhenItsModelIsStillLoading()
    {
        await cluster.CreateModelAsync("loads");
        var loading = new TaskCompletionSource();
        var before = cluster.Models.BeforeFetch;
        cluster.Models.BeforeFetch = (p, c) => p.DeploymentId == "loads" ? loading.Task.WaitAsync(c) : before(p, c);
        await cluster.Deployment("loads").StartAsync(new StartDeployment("loads", "loads"));

        await cluster.StopAsync("loads");

        Assert.Null(await cluster.Deployment("loads").GetAsync());
        cluster.Models.BeforeFetch = before;
    }

    [Fact]
    public async Task TellsTheReason_WhenTheModelCannotBeLoaded()
    {
        await cluster.CreateModelAsync("fails");
        var before = cluster.Models.BeforeFetch;
        cluster.Models.BeforeFetch = (p, c) => p.DeploymentId == "fails" ? throw new MlException(MlErrorKind.NotFound, "no vocabulary for [fails]") : before(p, c);
        var started = await cluster.Deployment("fails").StartAsync(new StartDeployment("fails", "fails"));

        var result = await cluster.WaitAsync("fails", WaitGoal.Started, started.Incarnation);

        Assert.Equal(WaitOutcome.Failed, result.Outcome);
        Assert.Contains("no vocabulary for [fails]", Assert.Single(result.Failures).Value, StringComparison.Ordinal);
        await cluster.StopAsync("fails");
        cluster.Models.BeforeFetch = before;
    }

    [Fact]
    public async Task IgnoresALateReport_OfAnEarlierDeploymentOfTheSameId()
    {
        await cluster.CreateModelAsync("again");
        var first = await cluster.StartAsync("again");
        var node = Assert.Single(first.RoutingTable).Key;
        await cluster.StopAsync("again");
        var second = await cluster.StartAsync("again");

        await cluster.Deployment("again").OnRouteAsync(new RouteReport("again", first.Incarnation, node, long.MaxValue, long.MaxValue, 1, new Route(0, 0, RoutingState.Stopped)));

        var now = await cluster.Deployment("again").GetAsync();
        Assert.Equal(second.Incarnation, now!.Incarnation);
        Assert.Equal(AssignmentState.Started, now.State);
        Assert.NotEqual(first.Incarnation, second.Incarnation);
    }

    [Fact]
    public async Task IsRebuiltFromThePlan_WhenItsActivationIsLost()
    {
        await cluster.CreateModelAsync("rebuilt");
        var before = await cluster.StartAsync("rebuilt");
        await cluster.Cluster.DeactivateAsync(cluster.Deployment("rebuilt"));

        var after = await cluster.WaitAsync("rebuilt", WaitGoal.FullyAllocated, before.Incarnation);

        Assert.Equal(before.TaskParameters, after.Assignment!.TaskParameters);
        Assert.Equal(before.StartTime, after.Assignment.StartTime);
    }

    [Fact]
    public async Task StartsAllTheSame_WhenItsOwnCopyCannotBeWritten()
    {
        await cluster.CreateModelAsync("no-copy");
        await cluster.Grains.GetGrain<IStorageFaultGrain>("deployment").AddFaultOnWrite(cluster.Deployment("no-copy").GetGrainId(), new IOException("disk full"));

        var assignment = await cluster.StartAsync("no-copy");

        Assert.Equal(AssignmentState.Started, assignment.State);
    }

    [Fact]
    public async Task SaysUnavailable_WhenThePlanCannotBeWritten()
    {
        await cluster.CreateModelAsync("no-plan");
        var placement = cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);
        await cluster.Grains.GetGrain<IStorageFaultGrain>("plan").AddFaultOnWrite(placement.GetGrainId(), new IOException("disk full"));

        var error = await Assert.ThrowsAsync<MlException>(() => cluster.StartAsync("no-plan"));

        Assert.Equal(MlErrorKind.Unavailable, error.Kind);
        Assert.Null(await cluster.Deployment("no-plan").GetAsync());

        // The write had no effect, so the same call succeeds when storage is back.
        Assert.Equal(AssignmentState.Started, (await cluster.StartAsync("no-plan")).State);
    }

    [Fact]
    public async Task KeepsServing_WhenPlacementAndRoutingAreActivatedAnew()
    {
        await cluster.CreateModelAsync("survives");
        var before = await cluster.StartAsync("survives");
        await cluster.Cluster.DeactivateAsync(cluster.Grains.GetGrain<IRoutingGrain>(IRoutingGrain.Key));
        await cluster.Cluster.DeactivateAsync(cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key));

        var reply = await InferAsync("survives");

        Assert.True(reply.IsOk, reply.Reason);

        Assert.Equal(before.Incarnation, (await Plan()).Deployments["survives"].Incarnation);
        Assert.Equal(before.RoutingTable.Keys, (await Plan()).Deployments["survives"].Allocations.Select(a => a.NodeId));
    }

    [Fact]
    public async Task RefusesTheHundredAndFirstDeployment()
    {
        var placement = cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);
        var placed = new List<PlannedDeployment>();
        MlException? refusal = null;
        while (refusal is null)
        {
            Assert.InRange(placed.Count, 0, 100);
            try
            {
                placed.Add((await placement.PlaceAsync(Given.Parameters($"limit-{placed.Count}", allocations: 1, priority: Priority.Low))).Deployment);
            }
            catch (MlException error)
            {
                refusal = error;
            }
        }

        Assert.Equal(MlErrorKind.NoCapacity, refusal.Kind);
        Assert.Contains("[100]", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(100, (await Plan()).Deployments.Count);
        foreach (var deployment in placed)
            await placement.RemoveAsync(deployment.Parameters.DeploymentId, deployment.Incarnation);
    }

    private Task<ClusterPlan> Plan() => cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();

    private async Task<InferenceReply> InferAsync(string id)
    {
        var assignment = await cluster.Router.ResolveAsync(id, ClusterFixture.Cancellation);
        return await cluster.Router.InferAsync(assignment, new InferenceInput(["one two"], null, TimeSpan.FromSeconds(10)), ClusterFixture.Cancellation);
    }
}
