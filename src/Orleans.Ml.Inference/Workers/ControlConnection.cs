using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Workers;

/// <summary>The node's end of a control connection: first the worker tells how loading went, then it answers one question after the other.</summary>
internal sealed class ControlConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Task _reading;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<ControlFrame>> _waiting = new();
    private readonly TaskCompletionSource<ControlFrame> _loaded = NewSource();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="socket">Owned by the connection.</param>
    public ControlConnection(Socket socket)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    /// <summary>How loading went: <see cref="ControlKind.Ready"/> or <see cref="ControlKind.Failed"/>.</summary>
    /// <exception cref="WorkerDiedException">The connection ended.</exception>
    public Task<ControlFrame> Loaded => _loaded.Task;

    /// <summary>Ends with the reason when the worker closed the connection or sent what cannot be read.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Asks something and waits for the answer.</summary>
    /// <exception cref="WorkerDiedException">The connection ended.</exception>
    public async Task<ControlFrame> AskAsync(ControlFrame question, CancellationToken cancellationToken)
    {
        var answer = NewSource();
        await _sending.WaitAsync(cancellationToken);
        try
        {
            lock (_gate)
            {
                if (Ended.IsCompleted)
                    throw new WorkerDiedException(Ended.Result);
                _waiting.Enqueue(answer);
            }
            // Not cancelled in the middle of a frame: the order of answers would be lost.
            await _socket.SendAsync(question.ToBytes(), CancellationToken.None);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new WorkerDiedException(exception.Message);
        }
        finally
        {
            _sending.Release();
        }
        return await answer.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _sending.Dispose();
    }

    private async Task ReadAsync()
    {
        var reason = "the process closed the connection";
        try
        {
            while (await ReadFrameAsync() is { } frame)
                Deliver(frame);
        }
        catch (Exception exception) when (exception is SocketException or ProtocolException or ObjectDisposedException)
        {
            reason = exception.Message;
        }
        End(reason);
    }

    private void End(string reason)
    {
        var died = new WorkerDiedException(reason);
        lock (_gate)
        {
            _ended.TrySetResult(reason);
            while (_waiting.TryDequeue(out var waiting))
                Fail(waiting, died);
        }
        Fail(_loaded, died);
    }

    // Marked as observed: often nobody is waiting any more.
    private static void Fail(TaskCompletionSource<ControlFrame> source, WorkerDiedException died)
    {
        if (source.TrySetException(died))
            _ = source.Task.Exception;
    }

    private void Deliver(in ControlFrame frame)
    {
        if (frame.Kind is ControlKind.Ready or ControlKind.Failed && _loaded.TrySetResult(frame))
            return;
        lock (_gate)
        {
            if (frame.Kind is not (ControlKind.Allocations or ControlKind.Memory) || !_waiting.TryDequeue(out var waiting))
                throw new ProtocolException($"unexpected control frame: {frame.Kind}");
            waiting.SetResult(frame);
        }
    }

    private async Task<ControlFrame?> ReadFrameAsync()
    {
        var header = new byte[ControlFrame.HeaderSize];
        if (!await TryReceiveExactlyAsync(header))
            return null;
        var text = new byte[ControlFrame.ReadTextBytes(header)];
        return await TryReceiveExactlyAsync(text) ? ControlFrame.Read(header, text) : null;
    }

    private async Task<bool> TryReceiveExactlyAsync(Memory<byte> target)
    {
        for (var filled = 0; filled < target.Length;)
        {
            var received = await _socket.ReceiveAsync(target[filled..]);
            if (received == 0)
                return false;
            filled += received;
        }
        return true;
    }

    private static TaskCompletionSource<ControlFrame> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
