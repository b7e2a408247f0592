using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference.Tests.Workers;

public sealed class WorkerServiceCollectionExtensionsTests
{
    [Fact]
    public void AddWorkers_ProvidesTheFactory()
    {
        using var services = new ServiceCollection().AddLogging().AddWorkers().BuildServiceProvider();

        Assert.IsType<WorkerFactory>(services.GetRequiredService<IModelWorkerFactory>());
    }

    [Fact]
    public void AddWorkers_RefusesALimitThatMakesNoSense()
    {
        using var services = new ServiceCollection().AddWorkers()
            .Configure<WorkerOptions>(options => options.ForwardLimit = TimeSpan.Zero).BuildServiceProvider();

        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<WorkerOptions>>().Value);

        Assert.Contains(nameof(WorkerOptions.ForwardLimit), refused.Message, StringComparison.Ordinal);
    }
}
