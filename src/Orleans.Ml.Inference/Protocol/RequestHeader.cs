using System.Buffers.Binary;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>
/// Head of a request frame, from the node to its worker; little-endian:
/// <code>
/// offset size
///  0     4   bytes of values that follow the header = rows * length * arguments * 8
///  4     4   rows
///  8     8   request id
/// 16     4   length: tokens of a row
/// 20     4   arguments: tensors of shape [rows, length]
/// 24         int64 values [argument][row][token]
/// </code>
/// </summary>
/// <param name="Id">Chosen by the node; the reply carries it.</param>
/// <param name="Rows">At least 1; each is a forward pass of its own.</param>
/// <param name="Length">Tokens of a row; at least 1.</param>
/// <param name="Arguments">Tensors; at least 1.</param>
internal readonly record struct RequestHeader(long Id, int Rows, int Length, int Arguments)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 24;

    /// <summary>Most bytes of values in one frame.</summary>
    public const int MaxValueBytes = 256 * 1024 * 1024;

    /// <summary>Bytes of values, which may be more than a frame can hold.</summary>
    public long ValueBytes => Math.BigMul(Rows, Length) * Arguments * sizeof(long);

    /// <summary>Whether a frame can hold this request.</summary>
    public bool Fits => Rows > 0 && Length > 0 && Arguments is > 0 and <= MaxArguments && ValueBytes <= MaxValueBytes
        && Math.BigMul(Rows, Length) <= MaxValueBytes;

    // Keeps ValueBytes far from overflow: two 31-bit numbers, a small one and 8.
    private const int MaxArguments = 64;

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, checked((int)ValueBytes));
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], Rows);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Id);
        BinaryPrimitives.WriteInt32LittleEndian(target[16..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(target[20..], Arguments);
    }

    /// <summary>Reads a header.</summary>
    /// <exception cref="ProtocolException">No request looks like that.</exception>
    public static RequestHeader Read(ReadOnlySpan<byte> source)
    {
        var header = new RequestHeader(
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[20..]));
        var valueBytes = BinaryPrimitives.ReadInt32LittleEndian(source);
        if (!header.Fits || header.ValueBytes != valueBytes)
            throw new ProtocolException($"malformed request frame: {valueBytes} bytes for {header}");
        return header;
    }
}
