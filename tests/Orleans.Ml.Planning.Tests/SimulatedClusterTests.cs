using System.Collections.Immutable;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Planning.Tests;

/// <summary>Properties that hold after every step of a cluster's life.</summary>
public sealed class SimulatedClusterTests
{
    private static readonly int Lives = Environment.GetEnvironmentVariable("ORLEANS_ML_FULL") == "1" ? 200 : 20;

    [Fact]
    public void KeepsEveryRule_WhateverHappens() =>
        ForEveryStep(step => PlanRules.Hold(step.Nodes, step.Asked, step.Unreachable, step.Planned));

    [Fact]
    public void ChangesNothing_WhenAPlanIsPlannedAgain() =>
        ForEveryStep(step => Assert.Same(step.Planned, ClusterPlanner.Plan(step.Nodes, step.Planned, step.Unreachable)));

    [Fact]
    public void GivesTheSamePlan_WhenTheInputIsTheSameInAnotherOrder() =>
        ForEveryStep(step => Assert.Equal(
            Placement(step.Planned), Placement(ClusterPlanner.Plan([.. step.Nodes.Reverse()], step.Asked, step.Unreachable))));

    [Fact]
    public void MovesNothing_WhenEverythingRunsAndThereAreNoZones() => ForEveryStep(step =>
    {
        var hasRoom = step.Asked.Values.All(d => d.Stop == StopMode.None && d.TotalAllocations == d.Parameters.NumberOfAllocations)
            && step.Asked.Values.SelectMany(d => d.Allocations).All(a => step.Unreachable.Contains(a.NodeId) || step.Nodes.Any(n => n.NodeId == a.NodeId && n.Epoch == 1));
        if (hasRoom && step.Nodes.All(n => n.Zone.Length == 0))
            Assert.Equal(Placement(step.Asked), Placement(step.Planned));
    });

    [Fact]
    public void LeavesNoRoomUnused_WhenAllocationsAreMissing() => ForEveryStep(step =>
    {
        var rooms = NodeRoom.After(step.Nodes, step.Planned);
        var missing = step.Planned.Values.Where(d => d.Stop == StopMode.None && d.TotalAllocations < d.Parameters.NumberOfAllocations);
        Assert.All(missing, d => Assert.All(rooms, r => Assert.Equal(0, r.RoomFor(d.Parameters, 1))));
    });

    private static IEnumerable<string> Placement(ImmutableSortedDictionary<string, PlannedDeployment> plan) =>
        plan.Values.SelectMany(d => d.Allocations.Select(a => $"{d.Parameters.DeploymentId} {a.NodeId} {a.Allocations}"));

    private static void ForEveryStep(Action<SimulatedStep> holds)
    {
        for (var seed = 0; seed < Lives; seed++)
        {
            var cluster = new SimulatedCluster(seed, ClusterPlanner.Plan);
            for (var i = 0; i < 60; i++)
            {
                var step = cluster.Step();
                try
                {
                    holds(step);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Life {seed}, step {i}: {step.Event}", exception);
                }
            }
        }
    }
}
