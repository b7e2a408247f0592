namespace Orleans.Ml.Nlp;

/// <summary>What a model's <c>forward</c> gets for one document: <see cref="Arguments"/> int64 tensors of shape <c>[rows, length]</c>.</summary>
/// <param name="rows">Windows or sequences of the document; at least 1.</param>
/// <param name="length">Tokens of the longest row; shorter rows are padded.</param>
/// <param name="arguments">How many tensors the tokenizer supplies, in the order of the model's parameters.</param>
public sealed class ModelInput(int rows, int length, int arguments)
{
    /// <summary>Windows or sequences of the document.</summary>
    public int Rows { get; } = rows;

    /// <summary>Tokens of the longest row.</summary>
    public int Length { get; } = length;

    /// <summary>How many tensors the tokenizer supplies.</summary>
    public int Arguments { get; } = arguments;

    /// <summary>All tensors one after the other, each row by row: <c>[argument][row][token]</c>.</summary>
    public long[] Values { get; } = new long[rows * length * arguments];

    /// <summary>One tensor, row by row.</summary>
    public Span<long> Argument(int index) => Values.AsSpan(index * Rows * Length, Rows * Length);

    /// <summary>Whether the text was cut.</summary>
    public bool IsTruncated { get; init; }
}
