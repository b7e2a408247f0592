namespace Orleans.Ml.Nlp;

/// <summary>
/// What the model gave for one document, always three levels deep: <c>[batches, rows, columns]</c>
/// (fewer dimensions get leading ones of size 1, see models-nlp-ingest-security.md §3.1).
/// </summary>
/// <param name="values">float32, last dimension fastest; valid during the call only.</param>
/// <param name="batches">Size of the first dimension.</param>
/// <param name="rows">Size of the second.</param>
/// <param name="columns">Size of the third.</param>
public readonly ref struct ModelOutput(ReadOnlySpan<float> values, int batches, int rows, int columns)
{
    /// <summary>All numbers.</summary>
    public ReadOnlySpan<float> Values { get; } = values;

    /// <summary>Size of the first dimension.</summary>
    public int Batches { get; } = batches;

    /// <summary>Size of the second dimension.</summary>
    public int Rows { get; } = rows;

    /// <summary>Size of the third dimension.</summary>
    public int Columns { get; } = columns;

    /// <summary>The numbers of one row.</summary>
    public ReadOnlySpan<float> Row(int batch, int row) => Values.Slice(((batch * Rows) + row) * Columns, Columns);
}
