using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// The worker process of one deployment on this node, with its supervisor: restarted when it dies, given up after too many deaths.
/// Safe on any thread.
/// </summary>
internal interface IModelWorker : IAsyncDisposable
{
    /// <summary>Spawns the process and loads the model. What becomes of it is told to the observer.</summary>
    void Start();

    /// <summary>
    /// Sends a request to the process, which runs it as soon as an allocation is free. The caller sends at most as many as there are allocations,
    /// so that what waits can still be cancelled. The request is always completed exactly once when this returns true.
    /// </summary>
    /// <returns>False while no process is ready.</returns>
    bool TrySend(WorkerRequest request);

    /// <summary>Sets the number of allocations live, without a restart.</summary>
    /// <returns>The number the process now runs.</returns>
    Task<int> SetAllocationsAsync(int allocations, CancellationToken cancellationToken);

    /// <summary>Memory of the process, in bytes; null while no process is ready.</summary>
    Task<WorkerMemory?> GetMemoryAsync(CancellationToken cancellationToken);
}

/// <summary>Told what becomes of a worker; called on the worker's own threads, one call at a time.</summary>
internal interface IModelWorkerObserver
{
    /// <summary>A process has loaded the model and serves.</summary>
    void OnReady(WorkerReady ready);

    /// <summary>The process died and another one is being started. All its requests have been failed.</summary>
    void OnCrashed(string reason);

    /// <summary>The model cannot be loaded or its process died too often: nothing will be started any more.</summary>
    void OnFailed(string reason);
}

/// <summary>A worker that serves.</summary>
/// <param name="Allocations">Effective number of allocations.</param>
/// <param name="ThreadsPerAllocation">Effective number of threads of each.</param>
/// <param name="LoadTime">From spawn to ready.</param>
/// <param name="Memory">Memory of the process.</param>
internal sealed record WorkerReady(int Allocations, int ThreadsPerAllocation, TimeSpan LoadTime, WorkerMemory Memory);

/// <summary>Memory of a worker process, in bytes.</summary>
/// <param name="ResidentBytes">Resident now.</param>
/// <param name="PeakResidentBytes">Most that was ever resident.</param>
internal sealed record WorkerMemory(long ResidentBytes, long PeakResidentBytes);

/// <summary>One document in a worker.</summary>
internal abstract class WorkerRequest
{
    /// <summary>What the model gets.</summary>
    public abstract ModelInput Input { get; }

    /// <summary>The model's answer; called on the connection's reader thread, which the next answer waits for.</summary>
    /// <param name="output">Valid during the call only.</param>
    /// <param name="inferenceTime">Time of the forward pass, measured in the process.</param>
    public abstract void OnOutput(in ModelOutput output, TimeSpan inferenceTime);

    /// <summary>The model raised an error, or its process died, is stopping, or refuses this input.</summary>
    public abstract void OnError(WorkerError error, string reason);
}

/// <summary>Why a request in a worker has no answer.</summary>
internal enum WorkerError
{
    /// <summary>The model raised an error, or its answer is of no use; the process lives.</summary>
    Model,

    /// <summary>The process died with the request in flight.</summary>
    Died,

    /// <summary>The process is being stopped.</summary>
    Stopping,

    /// <summary>This input was in flight in two crashes and is refused.</summary>
    Quarantined,
}

/// <summary>What a worker is started with.</summary>
/// <param name="DeploymentId">For messages.</param>
/// <param name="ModelPath">The TorchScript archive.</param>
/// <param name="Allocations">Concurrent forward passes.</param>
/// <param name="ThreadsPerAllocation">Threads of each.</param>
/// <param name="IsLowPriority">Nice 15.</param>
/// <param name="Arguments">How many tensors the tokenizer supplies.</param>
/// <param name="WarmUpTokenId">A token id that is surely in the vocabulary.</param>
/// <param name="MaxLength">Most tokens of a row.</param>
/// <param name="MemoryLimitBytes">Most memory the process may allocate; 0 for no limit.</param>
internal sealed record WorkerSettings(
    string DeploymentId,
    string ModelPath,
    int Allocations,
    int ThreadsPerAllocation,
    bool IsLowPriority,
    int Arguments,
    long WarmUpTokenId,
    int MaxLength,
    long MemoryLimitBytes);

/// <summary>Makes workers; a fake one in tests counts as the second kind.</summary>
internal interface IModelWorkerFactory
{
    /// <summary>Makes a worker that is not started yet.</summary>
    IModelWorker Create(WorkerSettings settings, IModelWorkerObserver observer);
}
