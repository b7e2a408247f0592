using Orleans.Ml.Deployments;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class AssignmentTransitionsTests
{
    [Fact]
    public void BeginsARoute_WhenANodeIsNewInThePlan()
    {
        var after = AssignmentTransitions.Plan(null, Given.Deployment(allocations: 2, on: [("a", 2)]), 7);

        Assert.Equal(new Route(2, 2, RoutingState.Starting), after.RoutingTable["a"]);
        Assert.Equal(AssignmentState.Starting, after.State);
        Assert.Equal(new AssignmentVersion(7, 0), after.Version);
    }

    [Fact]
    public void KeepsWhatANodeRuns_WhenOnlyItsTargetChanges()
    {
        var before = Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]);

        var after = AssignmentTransitions.Plan(before, Given.Deployment(allocations: 3, on: [("a", 3)]), 2);

        Assert.Equal(new Route(1, 3, RoutingState.Started), after.RoutingTable["a"]);
        Assert.Equal(AssignmentState.Started, after.State);
    }

    [Fact]
    public void TriesAFailedRouteAgain_WhenAPlanKeepsIt()
    {
        var before = Given.Assignment(routes: [("a", RoutingState.Failed, 1, 1)]);

        Assert.Equal(RoutingState.Starting, AssignmentTransitions.Plan(before, Given.Deployment(on: [("a", 1)]), 2).RoutingTable["a"].State);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public void StaysAsItIs_WhenAPlanSaysNothingNew(long plan)
    {
        // A repeated stop must not bring back the route of a node that has let go, nor an earlier version.
        var before = Given.Assignment(plan: 5, revision: 3, state: AssignmentState.Stopping, routes: [("b", RoutingState.Stopping, 1, 1)]);

        Assert.Same(before, AssignmentTransitions.Plan(before, Given.Deployment(on: [("a", 1), ("b", 1)], stop: StopMode.Forced), plan));
    }

    [Fact]
    public void DropsARoute_WhenThePlanDoes()
    {
        var before = Given.Assignment(routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Started, 1, 1)]);

        Assert.Equal(["b"], AssignmentTransitions.Plan(before, Given.Deployment(on: [("b", 1)]), 2).RoutingTable.Keys);
    }

    [Fact]
    public void ForgetsRoutesOfAnEarlierDeployment_WhenTheIncarnationDiffers()
    {
        var before = Given.Assignment(incarnation: 1, routes: [("a", RoutingState.Started, 1, 1)]);

        Assert.Equal(RoutingState.Starting, AssignmentTransitions.Plan(before, Given.Deployment(on: [("a", 1)], incarnation: 5), 5).RoutingTable["a"].State);
    }

    [Fact]
    public void IsStarted_WhenOneNodeReportsSo()
    {
        var before = Given.Assignment(state: AssignmentState.Starting, routes: [("a", RoutingState.Starting, 1, 1), ("b", RoutingState.Starting, 1, 1)]);

        var after = AssignmentTransitions.Report(before, Given.Report("b"));

        Assert.Equal(AssignmentState.Started, after.State);
        Assert.Equal(new AssignmentVersion(1, 1), after.Version);
    }

    [Fact]
    public void IgnoresAReport_WhenItIsAboutAnEarlierIncarnation()
    {
        var before = Given.Assignment(incarnation: 9, routes: [("a", RoutingState.Starting, 1, 1)]);

        Assert.Same(before, AssignmentTransitions.Report(before, Given.Report(incarnation: 3)));
    }

    [Fact]
    public void IgnoresAFarewell_WhenItAnswersAnOlderPlan()
    {
        var before = Given.Assignment(plan: 5, routes: [("a", RoutingState.Started, 1, 1)]);

        Assert.Same(before, AssignmentTransitions.Report(before, Given.Report(state: RoutingState.Stopped, plan: 4)));
    }

    [Fact]
    public void StaysStopping_WhenANodeHasNotHeardOfTheStop()
    {
        var before = AssignmentTransitions.Plan(Given.Assignment(routes: [("a", RoutingState.Started, 1, 1)]), Given.Deployment(on: [("a", 1)], stop: StopMode.Forced), 2);

        var after = AssignmentTransitions.Report(before, Given.Report(plan: 1));

        Assert.Equal(AssignmentState.Stopping, after.State);
        Assert.Equal(RoutingState.Stopping, after.RoutingTable["a"].State);
    }

    [Fact]
    public void IsGone_WhenStoppingAndTheLastNodeLetGo()
    {
        var before = AssignmentTransitions.Plan(null, Given.Deployment(on: [("a", 1)], stop: StopMode.Forced), 2);

        var after = AssignmentTransitions.Report(before, Given.Report(state: RoutingState.Stopped, plan: 2));

        Assert.False(AssignmentTransitions.IsGone(before));
        Assert.True(AssignmentTransitions.IsGone(after));
    }

    [Fact]
    public void IsStarted_WhenScaledToZero() =>
        Assert.Equal(AssignmentState.Started, AssignmentTransitions.Plan(null, Given.Deployment(allocations: 0), 1).State);

    [Fact]
    public void RemembersTheMostAllocationsItEverHad()
    {
        var wide = AssignmentTransitions.Plan(null, Given.Deployment(allocations: 3, on: [("a", 3)]), 1);

        Assert.Equal(3, AssignmentTransitions.Plan(wide, Given.Deployment(allocations: 1, on: [("b", 1)]), 2).MaxAssignedAllocations);
    }

    [Theory]
    [InlineData(WaitGoal.Starting, RoutingState.Starting, WaitOutcome.Reached)]
    [InlineData(WaitGoal.Started, RoutingState.Starting, WaitOutcome.Waiting)]
    [InlineData(WaitGoal.Started, RoutingState.Started, WaitOutcome.Reached)]
    [InlineData(WaitGoal.FullyAllocated, RoutingState.Started, WaitOutcome.Reached)]
    [InlineData(WaitGoal.Started, RoutingState.Failed, WaitOutcome.Failed)]
    [InlineData(WaitGoal.Gone, RoutingState.Started, WaitOutcome.Waiting)]
    public void WaitEnds_AsTheReferenceSays(WaitGoal goal, RoutingState state, WaitOutcome expected)
    {
        var assignment = Given.Assignment(routes: [("a", state, 1, 1)]);

        Assert.Equal(expected, AssignmentTransitions.Wait(assignment, 1, goal).Outcome);
    }

    [Fact]
    public void WaitGoesOn_WhenOneOfTwoNodesServesAndAllAreWanted()
    {
        var assignment = Given.Assignment(allocations: 2, routes: [("a", RoutingState.Started, 1, 1), ("b", RoutingState.Starting, 1, 1)]);

        Assert.Equal(WaitOutcome.Waiting, AssignmentTransitions.Wait(assignment, 1, WaitGoal.FullyAllocated).Outcome);
    }

    [Fact]
    public void WaitNamesTheFailedNodes_WhenARouteFailed()
    {
        var assignment = AssignmentTransitions.Report(Given.Assignment(routes: [("a", RoutingState.Starting, 1, 1)]), Given.Report(state: RoutingState.Failed, reason: "no such file"));

        Assert.Equal("no such file", AssignmentTransitions.Wait(assignment, 1, WaitGoal.Started).Failures["a"]);
    }

    [Theory]
    [InlineData(WaitGoal.Started, WaitOutcome.Removed)]
    [InlineData(WaitGoal.Gone, WaitOutcome.Reached)]
    public void WaitEnds_WhenTheDeploymentIsAnotherOrNone(WaitGoal goal, WaitOutcome expected)
    {
        Assert.Equal(expected, AssignmentTransitions.Wait(null, 1, goal).Outcome);
        Assert.Equal(expected, AssignmentTransitions.Wait(Given.Assignment(incarnation: 2), 1, goal).Outcome);
    }

    [Fact]
    public void WaitIsOver_WhenCapacityIsAwaitedAndNothingStarts() =>
        Assert.Equal(WaitOutcome.Reached, AssignmentTransitions.Wait(Given.Assignment(state: AssignmentState.Starting), 1, WaitGoal.FullyAllocated).Outcome);
}
