using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

public sealed class DeploymentUpdateTests
{
    private static readonly HashSet<string> Nobody = [];

    [Fact]
    public void ChangesTheNumberOnly()
    {
        var before = Running(allocations: 2);

        var after = DeploymentUpdate.Merge(before, new(5));

        Assert.Equal(before.TaskParameters with { NumberOfAllocations = 5 }, after);
    }

    [Theory]
    [InlineData(AssignmentState.Starting)]
    [InlineData(AssignmentState.Stopping)]
    public void TakesWhatChangesNothing_InAnyState(AssignmentState state)
    {
        var assignment = Running(allocations: 2) with { State = state };

        Assert.Equal(assignment.TaskParameters, DeploymentUpdate.Merge(assignment, new(2)));
        Assert.Equal(assignment.TaskParameters, DeploymentUpdate.Merge(assignment, new()));
        Assert.Equal(MlErrorKind.Conflict, Refusal(assignment, new(3)));
        Assert.Equal(MlErrorKind.Conflict, Refusal(assignment, new(null, new(MinNumberOfAllocations: new(1)))));
    }

    [Fact]
    public void OverwritesGivenAdaptiveMembersOnly_AndANullTakesABoundAway()
    {
        var before = Adaptive(new(false, 1, 4));

        Assert.Equal(new AdaptiveAllocations(true, 1, 4), Merged(before, new(Enabled: true)));
        Assert.Equal(new AdaptiveAllocations(false, 2, 4), Merged(before, new(MinNumberOfAllocations: new(2))));
        Assert.Equal(new AdaptiveAllocations(false, null, 4), Merged(before, new(MinNumberOfAllocations: new(null))));
        Assert.Equal(new AdaptiveAllocations(false, 1, null), Merged(before, new(MaxNumberOfAllocations: new(null))));
        Assert.Null(Merged(before, new(IsRemoval: true)));
    }

    [Fact]
    public void TakesNewAdaptiveSettings_WhenThereAreNone() =>
        Assert.Equal(new AdaptiveAllocations(false, null, 3), Merged(Running(1), new(MaxNumberOfAllocations: new(3))));

    [Fact]
    public void RefusesANumber_WhileAdaptiveSettingsAreEnabled()
    {
        Assert.Equal(MlErrorKind.StateValidation, Refusal(Adaptive(new(true)), new(2)));
        // Even the number that it has.
        Assert.Equal(MlErrorKind.StateValidation, Refusal(Adaptive(new(true)), new(1)));
        Assert.Equal(2, DeploymentUpdate.Merge(Adaptive(new(true)), new(2, new(IsRemoval: true))).NumberOfAllocations);
        Assert.Equal(2, DeploymentUpdate.Merge(Adaptive(new(true)), new(2, new(Enabled: false))).NumberOfAllocations);
    }

    [Fact]
    public void RefusesBounds_ThatCrossTheStoredOnes() =>
        Assert.Equal(MlErrorKind.RequestValidation, Refusal(Adaptive(new(false, 3, 4)), new(null, new(MaxNumberOfAllocations: new(2)))));

    [Fact]
    public void RefusesMoreThanOneAllocation_WithLowPriority()
    {
        var low = Running(1) with { TaskParameters = Given.Parameters(priority: Priority.Low) };

        Assert.Equal(MlErrorKind.StateValidation, Refusal(low, new(2)));
        Assert.Equal(MlErrorKind.StateValidation, Refusal(low, new(null, new(MaxNumberOfAllocations: new(2)))));
        Assert.Equal(low.TaskParameters, DeploymentUpdate.Merge(low, new(1)));
    }

    [Fact]
    public void GrowsWhereThereIsRoom_AndTakesNothingFromOthers()
    {
        var plan = Given.Plan(Given.Deployment("m", 2, on: [("a", 2)]), Given.Deployment("other", 2, on: [("a", 2)]));

        var after = Plan(plan, 4, Given.Node("a"), Given.Node("b"));

        Assert.Equal(4, after["m"].TotalAllocations);
        Assert.Equal(plan["other"].Allocations, after["other"].Allocations);
    }

    [Fact]
    public void EvictsLowPriority_WhenGrowthNeedsItsMemory()
    {
        const long Model = 2 * Given.Gigabyte;
        var plan = Given.Plan(
            Given.Deployment("m", 1, threads: 4, modelBytes: Model, on: [("a", 1)]), Given.Deployment("low", priority: Priority.Low, modelBytes: Model, on: [("b", 1)]));

        var after = Plan(plan, 2, Given.Node("a", memoryBytes: 6 * Given.Gigabyte), Given.Node("b", memoryBytes: 6 * Given.Gigabyte));

        Assert.Equal((2, 0), (after["m"].TotalAllocations, after["low"].TotalAllocations));
    }

    [Fact]
    public void LeavesWhatShrinkingFrees_ToTheNextPlan()
    {
        var plan = Given.Plan(Given.Deployment("m", 4, on: [("a", 4)]), Given.Deployment("waits", 2, on: [("b", 1)]));

        var after = Plan(plan, 1, Given.Node("a"), Given.Node("b", processors: 1));

        Assert.Equal([new NodeAllocations("a", 1)], after["m"].Allocations);
        Assert.Same(plan["waits"], after["waits"]);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(3, "no room")]
    public void ForgetsWhyAllocationsAreMissing_WhenTheyAreNoLonger(int wanted, string? reason)
    {
        var plan = Given.Plan(Given.Deployment("m", 4, on: [("a", 2)]) with { Reason = "no room" });

        var after = Plan(plan, wanted, Given.Node("a"));

        Assert.Equal((wanted, reason), (after["m"].Parameters.NumberOfAllocations, after["m"].Reason));
        Assert.Equal([new NodeAllocations("a", 2)], after["m"].Allocations);
    }

    [Fact]
    public void CountsZonesOfNodesThatRunModelsOnly_WhenItShrinks()
    {
        // Among them a zone that cannot have allocations would always be the emptiest, and let a whole node go where the zones ask for balance.
        var plan = Given.Plan(Given.Deployment("m", 7, on: [("a", 3), ("b", 2), ("c", 2)]));
        NodeSnapshot[] nodes = [Given.Node("a") with { Zone = "x" }, Given.Node("b") with { Zone = "y" }, Given.Node("c") with { Zone = "y" }];

        var after = Plan(plan, 5, [.. nodes, Given.Node("f") with { Zone = "z", Roles = NodeRoles.Frontend }]);

        Assert.Equal([new NodeAllocations("a", 2), new("b", 1), new("c", 2)], after["m"].Allocations);
    }

    private static Assignment Running(int allocations) => Given.Assignment("m", allocations, routes: ("a", RoutingState.Started, allocations, allocations));

    private static Assignment Adaptive(AdaptiveAllocations adaptive)
    {
        var running = Running(1);
        return running with { TaskParameters = running.TaskParameters with { AdaptiveAllocations = adaptive } };
    }

    private static AdaptiveAllocations? Merged(Assignment before, AdaptiveAllocationsChange change) =>
        DeploymentUpdate.Merge(before, new(null, change)).AdaptiveAllocations;

    private static MlErrorKind Refusal(Assignment assignment, UpdateDeployment asked) =>
        Assert.Throws<MlException>(() => DeploymentUpdate.Merge(assignment, asked)).Kind;

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, PlannedDeployment> Plan(
        System.Collections.Immutable.ImmutableSortedDictionary<string, PlannedDeployment> plan, int wanted, params NodeSnapshot[] nodes) =>
        DeploymentUpdate.Plan(nodes, plan, Nobody, plan["m"].Parameters with { NumberOfAllocations = wanted });
}
