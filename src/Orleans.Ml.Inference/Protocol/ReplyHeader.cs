using System.Buffers.Binary;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>What a reply frame carries.</summary>
internal enum ReplyKind
{
    /// <summary>The model's answer: float32 values.</summary>
    Output = 1,

    /// <summary>The model raised an error: UTF-8 text.</summary>
    Error = 2,
}

/// <summary>
/// Head of a reply frame, from a worker to its node; little-endian:
/// <code>
/// offset size
///  0     4   bytes of the body that follows the header
///  4     4   kind, see <see cref="ReplyKind"/>
///  8     8   request id
/// 16     8   time of the forward passes in nanoseconds
/// 24     4   batches   (0 for an error)
/// 28     4   rows      (0 for an error)
/// 32     4   columns   (0 for an error)
/// 36     4   zero
/// 40         body: float32 values [batch][row][column], or UTF-8 text
/// </code>
/// </summary>
/// <param name="Kind">What the body is.</param>
/// <param name="Id">Of the request.</param>
/// <param name="InferenceNanoseconds">Time of the forward passes.</param>
/// <param name="Batches">Size of the first dimension.</param>
/// <param name="Rows">Size of the second dimension.</param>
/// <param name="Columns">Size of the third dimension.</param>
/// <param name="BodyBytes">Bytes after the header.</param>
internal readonly record struct ReplyHeader(
    ReplyKind Kind, long Id, long InferenceNanoseconds, int Batches, int Rows, int Columns, int BodyBytes)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 40;

    /// <summary>Most bytes of an error's text.</summary>
    public const int MaxErrorBytes = 16 * 1024;

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, BodyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Id);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], InferenceNanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], Batches);
        BinaryPrimitives.WriteInt32LittleEndian(target[28..], Rows);
        BinaryPrimitives.WriteInt32LittleEndian(target[32..], Columns);
        BinaryPrimitives.WriteInt32LittleEndian(target[36..], 0);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    /// <param name="maxOutputBytes">Most bytes of an answer.</param>
    /// <exception cref="ProtocolException">No reply looks like that.</exception>
    public static ReplyHeader Read(ReadOnlySpan<byte> source, int maxOutputBytes)
    {
        var header = new ReplyHeader(
            (ReplyKind)BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[28..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(source));
        var isSound = header.InferenceNanoseconds >= 0 && header.BodyBytes >= 0 && header.Kind switch
        {
            ReplyKind.Output => header.BodyBytes <= maxOutputBytes && header.HasShapeOfBody,
            ReplyKind.Error => header.BodyBytes <= MaxErrorBytes && (header.Batches, header.Rows, header.Columns) == (0, 0, 0),
            _ => false,
        };
        if (!isSound)
            throw new ProtocolException($"malformed reply frame: {header}");
        return header;
    }

    // Each product is compared before the next one, so that none can overflow.
    private bool HasShapeOfBody => Batches > 0 && Rows > 0 && Columns > 0
        && Math.BigMul(Batches, Rows) <= BodyBytes && Math.BigMul(Batches, Rows) * Columns * sizeof(float) == BodyBytes;
}
