using System.Threading.Channels;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Worker.Tests;

/// <summary>Remembers what a worker's observer was told, in order.</summary>
internal sealed class Recorder : IModelWorkerObserver
{
    private readonly Channel<object> _events = Channel.CreateUnbounded<object>();

    public void OnReady(WorkerReady ready) => _events.Writer.TryWrite(ready);

    public void OnCrashed(string reason) => _events.Writer.TryWrite(new Crashed(reason));

    public void OnFailed(string reason) => _events.Writer.TryWrite(new Failed(reason));

    /// <summary>The next event, which must be of this type.</summary>
    public async Task<T> NextAsync<T>()
    {
        var next = await NextAsync();
        return Assert.IsType<T>(next, exactMatch: true);
    }

    public async Task<object> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, TestContext.Current.CancellationToken);
        return await _events.Reader.ReadAsync(either.Token);
    }

    public bool HasMore => _events.Reader.TryPeek(out _);

    internal sealed record Crashed(string Reason);

    internal sealed record Failed(string Reason);
}
