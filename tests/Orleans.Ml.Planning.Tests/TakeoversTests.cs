using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class TakeoversTests
{
    private static readonly Takeover OnB = new("m", 1, [new NodeAllocations("b", 2)]);

    [Fact]
    public void NameWhatOthersRun_OfWhatTheLeavingNodeHolds()
    {
        var plan = new ClusterPlan(7, Given.Plan(
            Given.Deployment("both", allocations: 2, on: [("a", 1), ("b", 1)]),
            Given.Deployment("alone", on: [("a", 1)]),
            Given.Deployment("elsewhere", on: [("b", 1)]),
            Given.Deployment("ends", on: [("a", 1)], stop: StopMode.Drain)));

        var takeovers = Takeovers.Of("a", [Given.Node("a") with { IsLeaving = true }, Given.Node("b")], plan);

        Assert.Equal(["alone", "both"], takeovers.Select(t => t.DeploymentId));
        Assert.Empty(takeovers[0].Elsewhere);
        Assert.Equal([new NodeAllocations("b", 1)], takeovers[1].Elsewhere);
    }

    [Fact]
    public void ExpectNothingOfANodeThatLeavesAsWell()
    {
        var plan = new ClusterPlan(7, Given.Plan(Given.Deployment(allocations: 2, on: [("a", 1), ("b", 1)])));

        Assert.Empty(Assert.Single(Takeovers.Of("a", [Given.Node("a") with { IsLeaving = true }, Given.Node("b") with { IsLeaving = true }], plan)).Elsewhere);
    }

    [Theory]
    [InlineData(RoutingState.Started, 2, true)]
    [InlineData(RoutingState.Started, 1, false)]
    [InlineData(RoutingState.Starting, 2, false)]
    [InlineData(RoutingState.Failed, 0, true)]
    public void AreDone_WhenTheOtherNodeIs(RoutingState state, int current, bool expected) =>
        Assert.Equal(expected, Takeovers.IsDone(OnB, Given.Assignment(routes: [("a", RoutingState.Started, 2, 2), ("b", state, current, 2)])));

    [Fact]
    public void AreNotDone_WhenTheDeploymentHasNotHeardOfThePlan() =>
        Assert.False(Takeovers.IsDone(OnB, Given.Assignment(routes: [("a", RoutingState.Started, 2, 2)])));

    [Fact]
    public void AreDone_WhenTheDeploymentIsGone()
    {
        Assert.True(Takeovers.IsDone(OnB, null));
        Assert.True(Takeovers.IsDone(OnB, Given.Assignment(incarnation: 2, routes: [("a", RoutingState.Started, 2, 2)])));
    }
}
