namespace Orleans.Ml.Inference.Workers;

/// <summary>A worker process is of no use any more.</summary>
internal sealed class WorkerDiedException(string reason) : Exception(reason);
