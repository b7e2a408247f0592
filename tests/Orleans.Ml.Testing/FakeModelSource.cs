using System.Collections.Concurrent;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Testing;

/// <summary>Has every model, unless its test says otherwise, and counts the local copies.</summary>
public sealed class FakeModelSource : IModelSource
{
    private int _copies;

    /// <summary>The text work of every model.</summary>
    public WordModel Model { get; } = new();

    /// <summary>Called for every fetch; may wait or throw.</summary>
    public Func<TaskParameters, CancellationToken, Task> BeforeFetch { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Deployments whose model was fetched, in order.</summary>
    public ConcurrentQueue<string> Fetched { get; } = new();

    /// <summary>Local copies that were not removed yet.</summary>
    public int Copies => Volatile.Read(ref _copies);

    public async Task<ModelFiles> FetchAsync(TaskParameters parameters, CancellationToken cancellationToken)
    {
        Fetched.Enqueue(parameters.DeploymentId);
        await BeforeFetch(parameters, cancellationToken);
        Interlocked.Increment(ref _copies);
        return new Files(this);
    }

    private sealed class Files(FakeModelSource source) : ModelFiles("/models/model.pt", new PassThroughConfig(new Tokenization(), null), source.Model)
    {
        private int _isRemoved;

        public override ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isRemoved, 1) == 0)
                Interlocked.Decrement(ref source._copies);
            return ValueTask.CompletedTask;
        }
    }
}
