namespace Orleans.Ml.Client;

/// <summary>One life of a node, as long as this process knows it to be alive.</summary>
#pragma warning disable CA1001 // It holds no timer and no handle, and tables that still name the life may ask for its token at any time.
internal sealed class NodeLife(long epoch)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _gone = new();

    /// <summary>The life.</summary>
    public long Epoch => epoch;

    /// <summary>Cancelled when it is over: whoever waits for an answer from it waits in vain.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Ends it; whoever waits goes on elsewhere, not on this thread.</summary>
    public void End() => _ = _gone.CancelAsync();
}
