using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

/// <summary>Real workers for one test: each with its recorder, all gone at its end.</summary>
internal sealed class TestWorkers : IAsyncDisposable
{
    private readonly WorkerFactory _factory;
    private readonly List<IModelWorker> _workers = [];

    public TestWorkers(WorkerOptions? options = null, TimeProvider? time = null) => _factory = new(
        Options.Create(options ?? new() { RestartDelay = TimeSpan.Zero }), time ?? TimeProvider.System, NullLoggerFactory.Instance);

    public static string TinyEmbedding => Path.Combine(TestModels.Sample("tiny-embedding"), "model.pt");

    public static string Hostile(string file) => TestModels.Shared("hostile", file);

    public static WorkerSettings Settings(string modelPath, int allocations = 1, long memoryLimitBytes = 0) => new(
        "test", modelPath, allocations, ThreadsPerAllocation: 1, IsLowPriority: false, Arguments: 4, WarmUpTokenId: 5, MaxLength: 512,
        memoryLimitBytes);

    public (IModelWorker Worker, Recorder Recorder) Start(WorkerSettings settings)
    {
        var recorder = new Recorder();
        var worker = _factory.Create(settings, recorder);
        _workers.Add(worker);
        worker.Start();
        return (worker, recorder);
    }

    public async Task<(IModelWorker Worker, Recorder Recorder)> StartReadyAsync(WorkerSettings settings)
    {
        var started = Start(settings);
        await started.Recorder.NextAsync<WorkerReady>();
        return started;
    }

    public static Task<TestRequest.Answer> InferAsync(IModelWorker worker, params IReadOnlyList<long> tokenIds) =>
        InferAsync(worker, new TestRequest(tokenIds));

    public static Task<TestRequest.Answer> InferAsync(IModelWorker worker, TestRequest request)
    {
        Assert.True(worker.TrySend(request));
        return request.Answered;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        _factory.Dispose();
    }
}
