using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Grains.Tests;

/// <summary>Starts that meet something else on the way.</summary>
[Collection(ClusterFixture.OnePlan)]
public sealed class StartRaceTests(ClusterFixture cluster)
{
    private IPlacementGrain Placement => cluster.Grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LeavesNoDeployment_WhenItsModelIsDeletedAfterItWasLookedAt(bool isCreatedAgain)
    {
        var id = $"deleted-meanwhile-{isCreatedAgain}";
        await cluster.CreateModelAsync(id);
        using (ClusterFixture.Intercept(call => call.MethodName == nameof(IPlacementGrain.PlaceAsync), async call =>
        {
            await cluster.Model(id).DeleteAsync();
            if (isCreatedAgain)
                await cluster.Model(id).CreateAsync(ClusterFixture.Config(id) with { Instance = "2" });
            await call.Invoke();
        }))
        {
            var error = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment(id).StartAsync(new StartDeployment(id, id)));
            Assert.Equal(MlErrorKind.NotFound, error.Kind);
        }

        if (await cluster.Deployment(id).GetAsync() is { } leaving)
            await cluster.WaitAsync(id, WaitGoal.Gone, leaving.Incarnation);
        Assert.DoesNotContain(id, (await Placement.GetPlanAsync()).Deployments.Keys);
    }

    [Fact]
    public async Task AStopOfAnEarlierDeployment_LeavesALaterOneOfTheSameIdAlone()
    {
        await cluster.CreateModelAsync("later");
        var earlier = await cluster.StartAsync("later");
        await cluster.StopAsync("later");
        var later = await cluster.StartAsync("later");

        Assert.False(await cluster.Deployment("later").StopAsync(StopMode.Forced, "its start failed", earlier.Incarnation));

        Assert.Equal((later.Incarnation, AssignmentState.Started), ((await cluster.Deployment("later").GetAsync())!.Incarnation, later.State));
        Assert.True(await cluster.Deployment("later").StopAsync(StopMode.Forced, "test", later.Incarnation));
        await cluster.WaitAsync("later", WaitGoal.Gone, later.Incarnation);
    }

    [Fact]
    public async Task IsRefusedByTheLimitFirst_WhenItsIdExistsToo()
    {
        await cluster.CreateModelAsync("at-the-limit");
        await cluster.StartAsync("at-the-limit");
        var placed = new List<PlannedDeployment>();
        while ((await Placement.GetPlanAsync()).Deployments.Count < ClusterPlan.MaxDeployments)
            placed.Add((await Placement.PlaceAsync(Given.Parameters($"full-{placed.Count}", priority: Priority.Low))).Deployment);

        var start = await Assert.ThrowsAsync<MlException>(() => cluster.Deployment("at-the-limit").StartAsync(new StartDeployment("at-the-limit", "at-the-limit")));
        var place = await Assert.ThrowsAsync<MlException>(() => Placement.PlaceAsync(Given.Parameters("at-the-limit")));

        foreach (var deployment in placed)
            await Placement.RemoveAsync(deployment.Parameters.DeploymentId, deployment.Incarnation);
        Assert.Equal((MlErrorKind.NoCapacity, MlErrorKind.NoCapacity), (start.Kind, place.Kind));
        Assert.Contains("[100]", start.Message, StringComparison.Ordinal);
    }
}
