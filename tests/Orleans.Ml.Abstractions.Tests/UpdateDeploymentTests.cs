using Orleans.Ml.Deployments;

namespace Orleans.Ml.Abstractions.Tests;

public sealed class UpdateDeploymentTests
{
    [Fact]
    public void HasNoProblem_WhenNothingIsSaid() => Assert.Empty(new UpdateDeployment().FindProblems());

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void NeedsAPositiveNumber(int number) =>
        Assert.Contains($"positive integer, was [{number}]", Assert.Single(new UpdateDeployment(number).FindProblems()), StringComparison.Ordinal);

    [Fact]
    public void TakesNoNumber_TogetherWithSettingsThatDecideIt() =>
        Assert.Contains("adaptive allocations is enabled", Assert.Single(new UpdateDeployment(2, new(Enabled: true)).FindProblems()), StringComparison.Ordinal);

    [Fact]
    public void NamesEveryProblem_OfTheSettings()
    {
        var problems = new UpdateDeployment(null, new(MinNumberOfAllocations: new(-1), MaxNumberOfAllocations: new(0))).FindProblems();

        Assert.Equal(2, problems.Count);
        Assert.Contains("min_number_of_allocations", problems[0], StringComparison.Ordinal);
        Assert.Contains("max_number_of_allocations", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void LooksAtNoSettings_ThatAreTakenAway() =>
        Assert.Empty(new UpdateDeployment(1, new(IsRemoval: true, MinNumberOfAllocations: new(-1))).FindProblems());

    [Fact]
    public void ASettingsMaximumAboveOne_IsAProblemOfLowPriorityOnly()
    {
        var asked = new StartDeployment("m", "m", AdaptiveAllocations: new(true, 0, 2));

        Assert.Empty(asked.FindProblems());
        Assert.Contains("low", Assert.Single((asked with { Priority = Priority.Low }).FindProblems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0, 1)]
    [InlineData(3, 3)]
    public void BeginsWithTheMinimum_ButNotWithNothing(int? min, int expected) =>
        Assert.Equal(expected, new AdaptiveAllocations(true, min).InitialAllocations);
}
