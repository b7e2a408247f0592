namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Writes tokens into the tensors a model takes: framed, padded, with attention mask, token types and positions.</summary>
/// <param name="tokenizer">Its special tokens and layout.</param>
/// <param name="settings">Whether rows are framed.</param>
/// <param name="zeroTokenTypes">Whether the second sequence of a pair has token type 0 as the first, instead of 1.</param>
internal sealed class RowWriter(Tokenizer tokenizer, Models.Tokenization settings, bool zeroTokenTypes)
{
    /// <summary>Most numbers of one document, 128 MiB: windows that advance one token at a time would multiply a text by their width.</summary>
    private const long MaxValues = 16 * 1024 * 1024;

    private const int IdsArgument = 0;
    private const int MaskArgument = 1;
    private const int TypesArgument = 2;
    private const int PositionsArgument = 3;

    private readonly RowLayout _layout = tokenizer.Layout;
    private readonly SpecialTokens _special = tokenizer.Special;

    /// <summary>More tokens than this can never become rows, however they are split.</summary>
    public int MostTokens { get; } = (int)(MaxValues / tokenizer.Layout.Arguments);

    /// <summary>Makes the tensors, all padding.</summary>
    /// <param name="rows">Windows or pairs; at least 1.</param>
    /// <param name="length">Tokens of the longest row, special tokens included.</param>
    /// <param name="isTruncated">Whether the text was cut.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.BadRequest"/> when they would be too large.</exception>
    public ModelInput Allocate(int rows, int length, bool isTruncated)
    {
        // Without special tokens an empty text has none; a tensor without elements is more than most models can take, one of padding is not.
        length = Math.Max(1, length);
        var values = (long)rows * length * _layout.Arguments;
        if (values > MaxValues)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"Input too large: [{rows}] rows of [{length}] tokens with a [span] of [{settings.Span}] make [{values}] numbers, the limit is [{MaxValues}]");
        }

        var input = new ModelInput(rows, length, _layout.Arguments) { IsTruncated = isTruncated };
        if (_special.Pad != 0)
            input.Argument(IdsArgument).Fill(_special.Pad);
        if (_layout.Arguments > PositionsArgument)
        {
            for (var row = 0; row < rows; row++)
                Count(RowOf(input, PositionsArgument, row));
        }

        return input;
    }

    /// <summary>Writes one sequence.</summary>
    public void Write(ModelInput input, int row, ReadOnlySpan<Token> tokens)
    {
        var ids = RowOf(input, IdsArgument, row);
        var used = 0;
        if (settings.WithSpecialTokens)
            ids[used++] = _special.Cls;
        used = Append(ids, used, tokens);
        if (settings.WithSpecialTokens)
            ids[used++] = _special.Sep;
        // Elasticsearch once wrote the padding's id to the places after these, which is 1 in some vocabularies; 0 is right.
        RowOf(input, MaskArgument, row)[..used].Fill(1);
    }

    /// <summary>Writes two sequences, framed.</summary>
    public void WritePair(ModelInput input, int row, ReadOnlySpan<Token> first, ReadOnlySpan<Token> second)
    {
        var ids = RowOf(input, IdsArgument, row);
        ids[0] = _special.Cls;
        var used = Append(ids, 1, first);
        for (var i = 0; i < _layout.Separators; i++)
            ids[used++] = _special.Sep;
        var beginOfSecond = used;
        used = Append(ids, used, second);
        ids[used++] = _special.Sep;
        RowOf(input, MaskArgument, row)[..used].Fill(1);
        if (_layout.Arguments > TypesArgument && !zeroTokenTypes)
            RowOf(input, TypesArgument, row)[beginOfSecond..used].Fill(1);
    }

    private static void Count(Span<long> positions)
    {
        for (var i = 0; i < positions.Length; i++)
            positions[i] = i;
    }

    private static int Append(Span<long> ids, int used, ReadOnlySpan<Token> tokens)
    {
        foreach (ref readonly var token in tokens)
            ids[used++] = token.Id;
        return used;
    }

    private static Span<long> RowOf(ModelInput input, int argument, int row) =>
        input.Argument(argument).Slice(row * input.Length, input.Length);
}
