using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>
/// Whole frames over a blocking Unix domain socket. Blocking on purpose: a round trip takes 14 us, an asynchronous one 39 us
/// (torch-runtime.md §2).
/// </summary>
internal static unsafe partial class FrameSocket
{
    private const int NoSignal = 0x4000;
    private const int Interrupted = 4;

    /// <summary>
    /// Sends header and body with one gathered system call (more only when the socket's buffer is full): a tensor goes from where it is into the
    /// kernel, without a copy in between.
    /// </summary>
    /// <exception cref="SocketException">The other end is gone.</exception>
    public static void SendFrame(this Socket socket, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        fixed (byte* headerStart = header, bodyStart = body)
        {
            var parts = stackalloc IoVector[2];
            parts[0] = new() { Start = headerStart, Length = (nuint)header.Length };
            parts[1] = new() { Start = bodyStart, Length = (nuint)body.Length };
            var message = new MessageHeader { Parts = parts, PartCount = 2 };
            var remaining = (nint)header.Length + body.Length;
            while (true)
            {
                var sent = SendMessage(socket.SafeHandle, &message, NoSignal);
                if (sent < 0)
                {
                    var error = Marshal.GetLastPInvokeError();
                    if (error == Interrupted)
                        continue;
                    throw new SocketException(error, Marshal.GetPInvokeErrorMessage(error));
                }
                remaining -= sent;
                if (remaining == 0)
                    return;
                var fromHeader = Math.Min((nuint)sent, parts[0].Length);
                parts[0].Start += fromHeader;
                parts[0].Length -= fromHeader;
                parts[1].Start += (nuint)sent - fromHeader;
                parts[1].Length -= (nuint)sent - fromHeader;
            }
        }
    }

    /// <summary>Fills the whole target.</summary>
    /// <returns>False when the other end closed the connection in front of the first byte.</returns>
    /// <exception cref="ProtocolException">It closed the connection in the middle.</exception>
    public static bool TryReceiveExactly(this Socket socket, Span<byte> target)
    {
        for (var filled = 0; filled < target.Length;)
        {
            var received = socket.Receive(target[filled..]);
            if (received == 0)
                return filled == 0 ? false : throw new ProtocolException($"the connection ended after {filled} of {target.Length} bytes");
            filled += received;
        }
        return true;
    }

    // .NET has no gathered send of spans: its list overload wants byte arrays, and the tensors are not.
    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeHandle socket, MessageHeader* message, int flags);

    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

#pragma warning disable CS0649 // Fields of the C structure that stay zero.
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
#pragma warning restore CS0649
}
