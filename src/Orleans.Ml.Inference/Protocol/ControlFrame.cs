using System.Buffers.Binary;
using System.Text;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>What a control frame says.</summary>
internal enum ControlKind
{
    /// <summary>Worker: the model is loaded. Carries allocations, threads and memory.</summary>
    Ready = 1,

    /// <summary>Worker: the model cannot be loaded. Carries the reason.</summary>
    Failed = 2,

    /// <summary>Worker: answers <see cref="SetAllocations"/>. Carries the number that now runs.</summary>
    Allocations = 3,

    /// <summary>Worker: answers <see cref="GetMemory"/>. Carries memory.</summary>
    Memory = 4,

    /// <summary>Node: run this number of allocations from now on.</summary>
    SetAllocations = 16,

    /// <summary>Node: how much memory does the process use?</summary>
    GetMemory = 17,
}

/// <summary>
/// A frame of the control connection, in either direction; little-endian. Answers come in the order of their questions.
/// <code>
/// offset size
///  0     4   bytes of UTF-8 text that follow the header
///  4     4   kind, see <see cref="ControlKind"/>
///  8     4   allocations
/// 12     4   threads per allocation
/// 16     8   resident bytes
/// 24     8   peak resident bytes
/// 32         text
/// </code>
/// </summary>
/// <param name="Kind">Decides which of the others mean something; those that do not are zero.</param>
/// <param name="Allocations">Number of allocations.</param>
/// <param name="Threads">Threads of each.</param>
/// <param name="ResidentBytes">Memory of the worker now.</param>
/// <param name="PeakResidentBytes">Most memory the worker ever had.</param>
/// <param name="Text">A reason.</param>
internal readonly record struct ControlFrame(
    ControlKind Kind, int Allocations = 0, int Threads = 0, long ResidentBytes = 0, long PeakResidentBytes = 0, string Text = "")
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 32;

    /// <summary>Most bytes of text.</summary>
    public const int MaxTextBytes = 16 * 1024;

    /// <summary>The whole frame.</summary>
    public byte[] ToBytes()
    {
        var textBytes = Encoding.UTF8.GetByteCount(Text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(textBytes, MaxTextBytes);
        var frame = new byte[HeaderSize + textBytes];
        BinaryPrimitives.WriteInt32LittleEndian(frame, textBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), Allocations);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(12), Threads);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(16), ResidentBytes);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(24), PeakResidentBytes);
        Encoding.UTF8.GetBytes(Text, frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>Reads how many bytes of text follow a header.</summary>
    /// <exception cref="ProtocolException">More than any frame has.</exception>
    public static int ReadTextBytes(ReadOnlySpan<byte> header)
    {
        var textBytes = BinaryPrimitives.ReadInt32LittleEndian(header);
        return textBytes is >= 0 and <= MaxTextBytes ? textBytes : throw new ProtocolException($"malformed control frame: {textBytes} bytes of text");
    }

    /// <summary>Reads a frame from its header and its text.</summary>
    /// <exception cref="ProtocolException">No control frame looks like that.</exception>
    public static ControlFrame Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> text)
    {
        var frame = new ControlFrame(
            (ControlKind)BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            Encoding.UTF8.GetString(text));
        if (!Enum.IsDefined(frame.Kind) || frame.Allocations < 0 || frame.Threads < 0 || frame.ResidentBytes < 0 || frame.PeakResidentBytes < 0)
            throw new ProtocolException($"malformed control frame: kind {(int)frame.Kind}");
        return frame;
    }
}
