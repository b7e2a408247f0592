using Orleans.Ml.Deployments;

namespace Orleans.Ml.Abstractions.Tests;

/// <summary>Limits: deployment-runtime.md §1.1, with the largest queue of the user's document.</summary>
public sealed class StartDeploymentTests
{
    private static readonly StartDeployment Fine = new("m", "m");

    [Fact]
    public void HasNoProblems_WhenNothingButTheModelIsNamed() => Assert.Empty(Fine.FindProblems());

    [Theory]
    [InlineData(1, 1, 1, Priority.Normal)]
    [InlineData(int.MaxValue, 32, StartDeployment.MaxQueueCapacity, Priority.Normal)]
    [InlineData(1, 1, 1024, Priority.Low)]
    public void HasNoProblems_AtTheLimits(int allocations, int threads, int queue, Priority priority) =>
        Assert.Empty((Fine with { NumberOfAllocations = allocations, ThreadsPerAllocation = threads, QueueCapacity = queue, Priority = priority }).FindProblems());

    [Theory]
    [InlineData(0, 1, 1, Priority.Normal, "[number_of_allocations] must be a positive integer, was [0]")]
    [InlineData(1, 3, 1, Priority.Normal, "[threads_per_allocation] must be a power of 2 less than or equal to 32, was [3]")]
    [InlineData(1, 64, 1, Priority.Normal, "[threads_per_allocation] must be a power of 2 less than or equal to 32, was [64]")]
    [InlineData(1, 1, 0, Priority.Normal, "[queue_capacity] must be a positive integer, was [0]")]
    [InlineData(1, 1, 1_000_001, Priority.Normal, "[queue_capacity] must be less than or equal to 1000000, was [1000001]")]
    [InlineData(2, 1, 1, Priority.Low, "[number_of_allocations] must be 1 when [priority] is low, was [2]")]
    [InlineData(1, 2, 1, Priority.Low, "[threads_per_allocation] must be 1 when [priority] is low, was [2]")]
    public void NamesFieldLimitAndValue(int allocations, int threads, int queue, Priority priority, string expected) =>
        Assert.Equal([expected], (Fine with { NumberOfAllocations = allocations, ThreadsPerAllocation = threads, QueueCapacity = queue, Priority = priority }).FindProblems());

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    [InlineData(int.MinValue)]
    public void SaysBoth_WhenThreadsAreNotPositive(int threads) => Assert.Equal(
        [
            $"[threads_per_allocation] must be a positive integer, was [{threads}]",
            $"[threads_per_allocation] must be a power of 2 less than or equal to 32, was [{threads}]",
        ],
        (Fine with { ThreadsPerAllocation = threads }).FindProblems());

    [Fact]
    public void NamesEveryProblem_WhenThereAreSeveral() =>
        Assert.Equal(4, (Fine with { NumberOfAllocations = 0, ThreadsPerAllocation = 5, QueueCapacity = 0, Priority = Priority.Low }).FindProblems().Count);
}
