namespace Orleans.Ml.Worker;

/// <summary>What the forward passes of one request gave, three levels deep.</summary>
/// <param name="bytes">float32 values; in a tensor's own memory, valid until the dispose scope around the call ends.</param>
/// <param name="batches">Size of the first dimension.</param>
/// <param name="rows">Size of the second.</param>
/// <param name="columns">Size of the third.</param>
internal readonly ref struct ForwardOutput(ReadOnlySpan<byte> bytes, int batches, int rows, int columns)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Batches { get; } = batches;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;
}
