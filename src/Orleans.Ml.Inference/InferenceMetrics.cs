using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orleans.Ml.Inference;

/// <summary>What a node's engine tells about itself: meter <see cref="MeterName"/>, seconds and bytes, tagged with the deployment.</summary>
public sealed class InferenceMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Orleans.Ml.Inference";

    private const string Deployment = "deployment";

    private readonly ConcurrentDictionary<LoadedModel, string> _models = new();
    private readonly Meter _meter;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _timeouts;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _crashes;
    private readonly Histogram<double> _inferenceTime;
    private readonly Histogram<double> _queueTime;
    private readonly Histogram<double> _loadTime;

    /// <summary>Makes the instruments.</summary>
    public InferenceMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _rejections = _meter.CreateCounter<long>("ml.inference.queue.rejections", "{document}", "Documents refused because the queue was full.");
        _timeouts = _meter.CreateCounter<long>("ml.inference.timeouts", "{document}", "Documents whose time was over or whose caller went away.");
        _errors = _meter.CreateCounter<long>("ml.inference.errors", "{document}", "Documents the worker had no answer for.");
        _crashes = _meter.CreateCounter<long>("ml.worker.crashes", "{process}", "Worker processes that died and were started again.");
        _inferenceTime = _meter.CreateHistogram<double>("ml.inference.duration", "s", "Time of the forward pass, measured in the worker.");
        _queueTime = _meter.CreateHistogram<double>("ml.inference.queue.duration", "s", "Time from queueing a document to handing it to the worker.");
        _loadTime = _meter.CreateHistogram<double>("ml.worker.load.duration", "s", "Time from spawning a worker process to its readiness.");
        Observe("ml.inference.queue.depth", "{document}", "Documents waiting.", m => m.Queue.Depth);
        Observe("ml.inference.queue.capacity", "{document}", "Documents that may wait.", m => m.Queue.Capacity);
        Observe("ml.inference.in_flight", "{document}", "Documents in the worker.", m => m.Queue.InFlight);
        Observe("ml.inference.allocations", "{allocation}", "Allocations the worker runs.", m => m.Allocations);
        Observe("ml.worker.memory", "By", "Resident memory of the worker as last heard.", m => m.MemoryBytes);
    }

    /// <summary>Shows what of the node is given away, and what there is.</summary>
    internal void ShowNode(Func<Room> used, Room capacity)
    {
        _meter.CreateObservableGauge("ml.node.processors.used", () => used().Processors, "{processor}", "Processors given to deployments.");
        _meter.CreateObservableGauge("ml.node.processors.limit", () => capacity.Processors, "{processor}", "Processors deployments may use.");
        _meter.CreateObservableGauge("ml.node.memory.used", () => used().MemoryBytes, "By", "Memory given to deployments, by estimate.");
        _meter.CreateObservableGauge("ml.node.memory.limit", () => capacity.MemoryBytes, "By", "Memory deployments may use.");
    }

    internal void Show(LoadedModel model) => _models[model] = model.DeploymentId;

    internal void Hide(LoadedModel model) => _models.TryRemove(model, out _);

    internal void OnRejected(string deploymentId, int documents) => _rejections.Add(documents, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnGivenUp(string deploymentId, int documents) => _timeouts.Add(documents, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnError(string deploymentId) => _errors.Add(1, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnCrashed(string deploymentId) => _crashes.Add(1, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnLoaded(string deploymentId, TimeSpan loadTime) =>
        _loadTime.Record(loadTime.TotalSeconds, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnInference(string deploymentId, TimeSpan inferenceTime) =>
        _inferenceTime.Record(inferenceTime.TotalSeconds, new KeyValuePair<string, object?>(Deployment, deploymentId));

    internal void OnSent(string deploymentId, TimeProvider time, long queuedAt)
    {
        // Reading the clock is what costs here.
        if (_queueTime.Enabled)
            _queueTime.Record(time.GetElapsedTime(queuedAt).TotalSeconds, new KeyValuePair<string, object?>(Deployment, deploymentId));
    }

    private void Observe(string name, string unit, string description, Func<LoadedModel, long> read) => _meter.CreateObservableGauge(
        name, () => _models.Select(m => new Measurement<long>(read(m.Key), new KeyValuePair<string, object?>(Deployment, m.Value))), unit, description);
}
