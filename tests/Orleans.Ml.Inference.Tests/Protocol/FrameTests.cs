using System.Buffers.Binary;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Tests.Protocol;

public sealed class FrameTests
{
    private const int MaxOutputBytes = 4096;

    [Fact]
    public void RequestHeader_ReadsWhatWasWritten()
    {
        var header = new RequestHeader(long.MaxValue, Rows: 3, Length: 512, Arguments: 4);

        Assert.Equal(header, RequestHeader.Read(Bytes(header)));
        Assert.Equal(3 * 512 * 4 * 8, BinaryPrimitives.ReadInt32LittleEndian(Bytes(header)));
    }

    [Theory]
    [InlineData(0, 1)] // Bytes that do not fit the shape.
    [InlineData(0, -1)]
    [InlineData(0, int.MaxValue)]
    [InlineData(4, 0)] // No rows.
    [InlineData(4, -3)]
    [InlineData(16, 0)] // No tokens.
    [InlineData(16, int.MaxValue)]
    [InlineData(20, 0)] // No tensors.
    [InlineData(20, int.MaxValue)]
    public void RequestHeader_IsRefused_WhenAFieldIsAbsurd(int offset, int value)
    {
        var bytes = Bytes(new RequestHeader(1, 3, 512, 4));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);

        Assert.Throws<ProtocolException>(() => RequestHeader.Read(bytes));
    }

    [Theory]
    [InlineData(65_536, 128, 4, true)] // Exactly the limit.
    [InlineData(65_537, 128, 4, false)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue, false)]
    public void RequestHeader_KnowsWhatFits(int rows, int length, int arguments, bool fits) =>
        Assert.Equal(fits, new RequestHeader(1, rows, length, arguments).Fits);

    [Fact]
    public void ReplyHeader_ReadsWhatWasWritten()
    {
        ReplyHeader[] headers =
        [
            new(ReplyKind.Output, 7, InferenceNanoseconds: 123_456_789_012, Batches: 1, Rows: 2, Columns: 128, BodyBytes: 1024),
            new(ReplyKind.Error, -1, 5, 0, 0, 0, BodyBytes: 17),
        ];

        Assert.All(headers, header => Assert.Equal(header, ReplyHeader.Read(Bytes(header), MaxOutputBytes)));
    }

    [Theory]
    [InlineData(0, 1023)] // Bytes that do not fit the shape.
    [InlineData(0, -1)]
    [InlineData(4, 0)] // Of no kind.
    [InlineData(4, 3)]
    [InlineData(4, 2)] // An error with a shape.
    [InlineData(20, -1)] // Negative time.
    [InlineData(24, 0)]
    [InlineData(24, int.MaxValue)]
    [InlineData(28, -2)]
    [InlineData(32, int.MaxValue)]
    public void ReplyHeader_IsRefused_WhenAFieldIsAbsurd(int offset, int value)
    {
        var bytes = Bytes(new ReplyHeader(ReplyKind.Output, 7, 1, 1, 2, 128, 1024));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);

        Assert.Throws<ProtocolException>(() => ReplyHeader.Read(bytes, MaxOutputBytes));
    }

    [Fact]
    public void ReplyHeader_IsRefused_WhenTheBodyIsLargerThanItsLimit()
    {
        Assert.Throws<ProtocolException>(() => ReplyHeader.Read(Bytes(new ReplyHeader(ReplyKind.Output, 7, 1, 1, 1, 1025, 4100)), MaxOutputBytes));
        Assert.Throws<ProtocolException>(
            () => ReplyHeader.Read(Bytes(new ReplyHeader(ReplyKind.Error, 7, 1, 0, 0, 0, ReplyHeader.MaxErrorBytes + 1)), int.MaxValue));
    }

    [Fact]
    public void ControlFrame_ReadsWhatWasWritten()
    {
        var frame = new ControlFrame(
            ControlKind.Ready, Allocations: 2, Threads: 4, ResidentBytes: 5_000_000_000, PeakResidentBytes: 6_000_000_000, Text: "größer");
        var bytes = frame.ToBytes();

        Assert.Equal(bytes.Length - ControlFrame.HeaderSize, ControlFrame.ReadTextBytes(bytes));
        Assert.Equal(frame, ControlFrame.Read(bytes.AsSpan(0, ControlFrame.HeaderSize), bytes.AsSpan(ControlFrame.HeaderSize)));
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(0, ControlFrame.MaxTextBytes + 1)]
    [InlineData(4, 5)] // Of no kind.
    [InlineData(8, -1)] // Negative numbers.
    [InlineData(12, -1)]
    [InlineData(20, -1)]
    [InlineData(28, -1)]
    public void ControlFrame_IsRefused_WhenAFieldIsAbsurd(int offset, int value)
    {
        var bytes = new ControlFrame(ControlKind.Memory, 1, 1, 1, 1).ToBytes();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);

        Assert.Throws<ProtocolException>(() => ControlFrame.Read(bytes, new byte[ControlFrame.ReadTextBytes(bytes)]));
    }

    private static byte[] Bytes(RequestHeader header)
    {
        var bytes = new byte[RequestHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    private static byte[] Bytes(ReplyHeader header)
    {
        var bytes = new byte[ReplyHeader.Size];
        header.Write(bytes);
        return bytes;
    }
}
