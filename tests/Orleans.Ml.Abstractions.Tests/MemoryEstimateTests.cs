using Orleans.Ml.Deployments;
using Orleans.Ml.Models;

namespace Orleans.Ml.Abstractions.Tests;

/// <summary>What planner and node count on; the formula for deployments is tested where nodes use it.</summary>
public sealed class MemoryEstimateTests
{
    private const long Mb = 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AssumesOneAllocation_ForAModelThatIsNotDeployed(int allocations) =>
        Assert.Equal((240 + 200) * Mb, MemoryEstimate.Bytes(Model(sizeMb: 100), allocations));

    [Fact]
    public void TakesTheFiguresOfTheMetadata_WhenTheyAreLarger() => Assert.Equal((500 + (2 * 50) + 100) * Mb, MemoryEstimate.Bytes(Model(100, 500, 50), 2));

    [Fact]
    public void IsTheSameForAModelAndItsDeployment_WhenTheCacheIsNotLargerThanTheModel()
    {
        var model = Model(100, 500, 50);
        var deployment = new TaskParameters("d", "m", "1", 100 * Mb, 3, 1, 1, 100 * Mb, "100mb", Priority.Normal, 500 * Mb, 50 * Mb, "input");

        Assert.Equal(MemoryEstimate.Bytes(model, 3), MemoryEstimate.Bytes(deployment, 3));
    }

    private static TrainedModelConfig Model(long sizeMb, long perDeploymentMb = 0, long perAllocationMb = 0) => new(
        "m", "1", null, [], null, ["input"], new PassThroughConfig(new Tokenization(), null), DateTimeOffset.UnixEpoch,
        sizeMb * Mb, 0, null, null, perDeploymentMb * Mb, perAllocationMb * Mb);
}
