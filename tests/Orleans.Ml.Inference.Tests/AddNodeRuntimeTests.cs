using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Inference.Tests;

public sealed class AddNodeRuntimeTests
{
    [Fact]
    public async Task MakesOneRuntimeOfTheConfiguredNode()
    {
        await using var services = Services(o => (o.NodeId, o.AllocatedProcessors, o.MemoryBytes, o.Zone) = ("n", 3, 5, "z")).BuildServiceProvider();

        var runtime = services.GetRequiredService<NodeRuntime>();

        Assert.Same(runtime, services.GetRequiredService<NodeRuntime>());
        var node = runtime.Describe();
        Assert.Equal(("n", 3, 5, "z"), (node.NodeId, node.Processors, node.MemoryBytes, node.Zone));
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("n", 0, 1)]
    [InlineData("n", 1, 0)]
    public async Task Refuses_WhenTheOptionsAreOutOfRange(string nodeId, int processors, long memoryBytes)
    {
        await using var services = Services(o => (o.NodeId, o.AllocatedProcessors, o.MemoryBytes) = (nodeId, processors, memoryBytes)).BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);
    }

    private static IServiceCollection Services(Action<NodeOptions> configure) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<IModelSource>(new FakeModelSource())
        .AddFakeWorkers(new FakeWorkerFactory())
        .AddNodeRuntime(configure);
}
