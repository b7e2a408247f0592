using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Orleans.Ml.Inference.Workers;

/// <summary>Makes the workers of a silo. Disposing it ends every process that still runs, so dispose what uses the workers first.</summary>
internal sealed class WorkerFactory(IOptions<WorkerOptions> options, TimeProvider time, ILoggerFactory loggers) : IModelWorkerFactory, IDisposable
{
    private readonly ProcessLauncher _launcher = new();
    private readonly ILogger _logger = loggers.CreateLogger<WorkerSupervisor>();

    public IModelWorker Create(WorkerSettings settings, IModelWorkerObserver observer) =>
        new WorkerSupervisor(settings, observer, _launcher, options.Value, time, _logger);

    public void Dispose() => _launcher.Dispose();
}
