using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Ml.Api.Errors;

/// <summary>A connection that somebody else than the server can answer on, once: what the server writes afterwards goes nowhere.</summary>
internal sealed class RefusalTransport(IDuplexPipe inner) : IDuplexPipe
{
    private readonly RefusalOutput _output = new(inner.Output);

    public PipeReader Input => inner.Input;

    public PipeWriter Output => _output;

    /// <summary>Puts itself between the server and the connection.</summary>
    public static Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Transport = new RefusalTransport(connection.Transport);
        return next(connection);
    }

    /// <summary>Sends a last answer.</summary>
    public void Answer(ReadOnlySpan<byte> bytes) => _output.Answer(bytes);

    private sealed class RefusalOutput(PipeWriter inner) : PipeWriter
    {
        private byte[]? _ignored;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public void Answer(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(inner.GetSpan(bytes.Length));
            inner.Advance(bytes.Length);
            _ignored = [];
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _ignored is null ? inner.GetMemory(sizeHint) : Ignored(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _ignored is null ? inner.GetSpan(sizeHint) : Ignored(sizeHint);

        public override void Advance(int bytes)
        {
            if (_ignored is null)
                inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            _ignored is null ? inner.WriteAsync(source, cancellationToken) : inner.FlushAsync(cancellationToken);

        // The answer goes out with the server's own.
        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        private byte[] Ignored(int sizeHint)
        {
            if (_ignored!.Length == 0 || _ignored.Length < sizeHint)
                _ignored = new byte[Math.Max(sizeHint, 4096)];
            return _ignored;
        }
    }
}
