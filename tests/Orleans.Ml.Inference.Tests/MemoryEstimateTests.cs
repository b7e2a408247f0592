using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference.Tests;

/// <summary>Formula: deployment-runtime.md §3.4.</summary>
public sealed class MemoryEstimateTests
{
    private const long Mb = 1024 * 1024;

    [Theory]
    [InlineData("no allocations", 100, 0, 0, 0, 0, 0)]
    [InlineData("without figures", 100, 0, 0, 0, 1, 440)]
    [InlineData("without figures allocations share the model", 100, 0, 0, 0, 8, 440)]
    [InlineData("figures below the model's own", 100, 10, 10, 0, 1, 440)]
    [InlineData("figures above it", 100, 500, 50, 0, 2, 700)]
    [InlineData("per allocation alone", 100, 0, 200, 0, 3, 700)]
    [InlineData("a cache within the model's size", 100, 0, 0, 100, 1, 440)]
    [InlineData("a larger cache", 100, 0, 0, 130, 1, 470)]
    public void FollowsTheFormula(string what, long model, long perDeployment, long perAllocation, long cache, int allocations, long expected)
    {
        var parameters = Given.Task() with
        {
            ModelBytes = model * Mb,
            PerDeploymentMemoryBytes = perDeployment * Mb,
            PerAllocationMemoryBytes = perAllocation * Mb,
            CacheSizeBytes = cache * Mb,
        };

        Assert.True(expected * Mb == MemoryEstimate.Bytes(parameters, allocations), what);
    }

    [Theory]
    [InlineData(".elser_model_1")]
    [InlineData(".elser_model_2_linux-x86_64")]
    public void IsFlat_ForElser(string modelId) =>
        Assert.Equal(2004 * Mb, MemoryEstimate.Bytes(Given.Task(modelBytes: 5 * Mb) with { ModelId = modelId, PerAllocationMemoryBytes = 9000 * Mb }, 4));

    [Fact]
    public void DoesNotOverflow_WhenFiguresAreAbsurd() =>
        Assert.Equal(long.MaxValue, MemoryEstimate.Bytes(Given.Task(modelBytes: long.MaxValue, perAllocationBytes: long.MaxValue), int.MaxValue));
}
