using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Workers;

/// <summary>Reads reply frames into one buffer that is used again and again: usually one system call per reply, and no allocation.</summary>
internal sealed class ReplyReader(Socket socket, int maxOutputBytes)
{
    private const int UsualBytes = 64 * 1024;

    // Buffers of rare, larger replies are not kept.
    private const int MaxKeptBytes = 1024 * 1024;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(UsualBytes);
    private int _start;
    private int _end;

    /// <summary>Reads the next frame.</summary>
    /// <param name="header">Its head.</param>
    /// <param name="body">What follows; valid until the next call.</param>
    /// <returns>False when the worker closed the connection.</returns>
    /// <exception cref="ProtocolException">It sent what no frame may look like.</exception>
    public bool TryRead(out ReplyHeader header, out ReadOnlySpan<byte> body)
    {
        header = default;
        body = default;
        if (_start == _end)
        {
            _start = _end = 0;
            if (_buffer.Length > MaxKeptBytes)
                _buffer = GC.AllocateUninitializedArray<byte>(UsualBytes);
        }
        if (!TryFill(ReplyHeader.Size))
            return false;
        header = ReplyHeader.Read(_buffer.AsSpan(_start), maxOutputBytes);
        if (!TryFill(ReplyHeader.Size + header.BodyBytes))
            return false;
        body = _buffer.AsSpan(_start + ReplyHeader.Size, header.BodyBytes);
        _start += ReplyHeader.Size + header.BodyBytes;
        return true;
    }

    private bool TryFill(int count)
    {
        if (_start + count > _buffer.Length)
        {
            var target = count > _buffer.Length ? GC.AllocateUninitializedArray<byte>(count) : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            _buffer = target;
            _end -= _start;
            _start = 0;
        }
        while (_end - _start < count)
        {
            var received = socket.Receive(_buffer.AsSpan(_end));
            if (received == 0)
                return _end == _start ? false : throw new ProtocolException("the connection ended in the middle of a reply");
            _end += received;
        }
        return true;
    }
}
