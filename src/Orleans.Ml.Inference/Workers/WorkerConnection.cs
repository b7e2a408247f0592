using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// The node's ends of a worker's two data connections. Requests are written by the thread that sends them, replies are read by one thread of the
/// connection's own that also hands them on: no queue, no hop, no copy in between. One socket for both directions would do, but reading from a
/// socket wakes whoever waits at its other end, because there is room to write again: two needless wake-ups a request.
/// </summary>
internal sealed partial class WorkerConnection : IAsyncDisposable
{
    private readonly Socket _requests;
    private readonly Socket _replies;
    private readonly int _maxOutputBytes;
    private readonly ILogger _logger;
    private readonly PendingRequests _pending;
    private readonly Lock _sending = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="requests">A blocking socket, written only; owned by the connection.</param>
    /// <param name="replies">A blocking socket, read only; owned by the connection.</param>
    /// <param name="name">Of the reader thread.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Clock of the watchdog.</param>
    /// <param name="logger">For what a request's owner throws.</param>
    public WorkerConnection(Socket requests, Socket replies, string name, WorkerOptions options, TimeProvider time, ILogger logger)
    {
        _requests = requests;
        _replies = replies;
        _maxOutputBytes = options.MaxOutputBytes;
        _logger = logger;
        _pending = new(options.ForwardLimit, time);
        new Thread(ReadReplies) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Ends with the reason when the worker closed the connection or sent what cannot be read.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Ends when a request runs past <see cref="WorkerOptions.ForwardLimit"/>.</summary>
    public Task Overdue => _pending.Overdue;

    /// <summary>Ends when no request is pending.</summary>
    public Task WhenIdleAsync() => _pending.WhenEmptyAsync();

    /// <summary>Sends a request. Blocks while the socket's buffer is full, which a worker with a free allocation empties.</summary>
    /// <returns>False when closed; otherwise the request is completed exactly once.</returns>
    public bool TrySend(WorkerRequest request)
    {
        var input = request.Input;
        if (!_pending.TryAdd(request, out var id))
            return false;
        Span<byte> header = stackalloc byte[RequestHeader.Size];
        new RequestHeader(id, input.Rows, input.Length, input.Arguments).Write(header);
        try
        {
            lock (_sending)
                _requests.SendFrame(header, MemoryMarshal.AsBytes(input.Values.AsSpan()));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The reader sees the same end, and whoever closes the connection completes this request with the others.
        }
        return true;
    }

    /// <summary>Completes every pending request with an error and lets none in any more.</summary>
    /// <returns>The inputs that may have caused a crash.</returns>
    public IReadOnlyList<ModelInput> Close(WorkerError error, string reason)
    {
        var taken = _pending.Close();
        foreach (var (request, _) in taken)
            Fail(request, error, reason);
        return [.. taken.Where(each => each.IsSuspect).Select(each => each.Request.Input)];
    }

    public async ValueTask DisposeAsync()
    {
        // Wakes the reader; closing alone would leave it in its system call for a while.
        Shutdown(_requests);
        Shutdown(_replies);
        await _ended.Task;
        _requests.Dispose();
        _replies.Dispose();
        _pending.Dispose();
    }

    private static void Shutdown(Socket socket)
    {
        if (!socket.Connected)
            return;
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other end was faster.
        }
    }

    private void ReadReplies()
    {
        var reason = "the process closed the connection";
        try
        {
            var reader = new ReplyReader(_replies, _maxOutputBytes);
            while (reader.TryRead(out var header, out var body))
            {
                if (!_pending.TryTake(header.Id, out var request))
                    throw new ProtocolException($"a reply to request {header.Id}, which is not pending");
                HandOn(request, header, body);
            }
        }
        catch (Exception exception) when (exception is SocketException or ProtocolException or ObjectDisposedException)
        {
            reason = exception.Message;
        }
        finally
        {
            _ended.SetResult(reason);
        }
    }

    private void HandOn(WorkerRequest request, in ReplyHeader header, ReadOnlySpan<byte> body)
    {
        try
        {
            if (header.Kind == ReplyKind.Error)
            {
                request.OnError(WorkerError.Model, Encoding.UTF8.GetString(body));
                return;
            }
            var output = new ModelOutput(MemoryMarshal.Cast<byte, float>(body), header.Batches, header.Rows, header.Columns);
            request.OnOutput(output, TimeSpan.FromTicks(header.InferenceNanoseconds / TimeSpan.NanosecondsPerTick));
        }
        catch (Exception exception)
        {
            // The owner of one request must not end the connection of all.
            LogOwnerThrew(_logger, exception);
        }
    }

    private void Fail(WorkerRequest request, WorkerError error, string reason)
    {
        try
        {
            request.OnError(error, reason);
        }
        catch (Exception exception)
        {
            LogOwnerThrew(_logger, exception);
        }
    }

    [LoggerMessage(LogLevel.Error, "The owner of a request threw while it was being completed.")]
    private static partial void LogOwnerThrew(ILogger logger, Exception exception);
}
