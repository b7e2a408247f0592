using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Lays the tokens of one sequence out as the rows a model takes: framed, cut or split into windows, and padded.</summary>
internal sealed class SequenceEncoder(Tokenizer tokenizer, Models.Tokenization settings)
{
    /// <summary>Most numbers of one document, 128 MiB: windows that advance one token at a time would multiply a text by their width.</summary>
    private const long MaxValues = 16 * 1024 * 1024;

    /// <summary>The tensor of positions; the one before it, of token types, stays zero.</summary>
    private const int PositionsArgument = 3;

    // More tokens than this can never become rows, however they are split.
    private readonly int _mostTokens = (int)(MaxValues / tokenizer.Arguments);

    /// <summary>The tokenization this one follows.</summary>
    public Models.Tokenization Settings { get; } = settings;

    /// <summary>The same tokenizer with other settings.</summary>
    public SequenceEncoder With(Models.Tokenization changed) => changed == Settings ? this : new(tokenizer, changed);

    /// <summary>The tokens of a text, or so many of them that it is clear how it is cut.</summary>
    public TokenList Tokenize(string text)
    {
        var tokens = new TokenList();
        tokenizer.Tokenize(text, Settings.Truncate == Truncate.None ? _mostTokens : Settings.RoomInRow(), tokens);
        return tokens;
    }

    /// <summary>The rows, and <paramref name="tokens"/> cut to what they hold.</summary>
    /// <exception cref="MlException">The text is too long (<see cref="MlErrorKind.BadRequest"/>).</exception>
    public ModelInput Encode(TokenList tokens)
    {
        var room = Settings.RoomInRow();
        var isTruncated = tokens.Count > room && Settings.Truncate != Truncate.None;
        if (isTruncated)
            tokens.Truncate(room);
        if (tokens.Count > room)
            return EncodeWindows(tokens, room);
        var input = Allocate(1, tokens.Count, isTruncated);
        WriteRow(input, 0, tokens.Tokens);
        return input;
    }

    private ModelInput EncodeWindows(TokenList tokens, int room)
    {
        if (Settings.Span == Models.Tokenization.NoSpan)
        {
            var orMore = tokens.Count > _mostTokens ? " or more" : "";
            throw new MlException(MlErrorKind.BadRequest,
                $"Input too large: the text has [{tokens.Count + Settings.FrameLength()}] tokens{orMore}, " +
                $"[max_sequence_length] is [{Settings.MaxSequenceLength}]");
        }

        var windows = Windows.Split(tokens.Tokens, room, Settings.Span);
        var input = Allocate(windows.Count, windows.Max(window => window.End - window.Start), isTruncated: false);
        for (var row = 0; row < windows.Count; row++)
            WriteRow(input, row, tokens.Tokens[windows[row].Start..windows[row].End]);
        return input;
    }

    private ModelInput Allocate(int rows, int tokens, bool isTruncated)
    {
        // Without special tokens an empty text has none; a tensor without elements is more than most models can take, one of padding is not.
        var length = Math.Max(1, tokens + Settings.FrameLength());
        var values = (long)rows * length * tokenizer.Arguments;
        return values <= MaxValues ? new(rows, length, tokenizer.Arguments) { IsTruncated = isTruncated } : throw new MlException(MlErrorKind.BadRequest,
            $"Input too large: [{rows}] windows of [{length}] tokens with a [span] of [{Settings.Span}] make [{values}] numbers, the limit is [{MaxValues}]");
    }

    private void WriteRow(ModelInput input, int row, ReadOnlySpan<Token> tokens)
    {
        var ids = input.Argument(0).Slice(row * input.Length, input.Length);
        var used = tokens.Length + Settings.FrameLength();
        var first = 0;
        if (Settings.WithSpecialTokens)
        {
            ids[first++] = tokenizer.Special.Cls;
            ids[used - 1] = tokenizer.Special.Sep;
        }

        for (var i = 0; i < tokens.Length; i++)
            ids[first + i] = tokens[i].Id;
        ids[used..].Fill(tokenizer.Special.Pad);
        // Elasticsearch once wrote the padding's id here, which is 1 in some vocabularies; 0 is right.
        input.Argument(1).Slice(row * input.Length, used).Fill(1);
        if (input.Arguments < PositionsArgument + 1)
            return;
        var positions = input.Argument(PositionsArgument).Slice(row * input.Length, input.Length);
        for (var i = 0; i < positions.Length; i++)
            positions[i] = i;
    }
}
