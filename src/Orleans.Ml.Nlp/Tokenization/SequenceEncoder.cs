using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Lays the tokens of one sequence out as the rows a model takes: whole, cut or split into windows.</summary>
internal sealed class SequenceEncoder
{
    private readonly bool _zeroTokenTypes;
    private readonly RowWriter _rows;

    /// <summary>Builds it.</summary>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="settings">The tokenization it follows.</param>
    /// <param name="zeroTokenTypes">Whether the second sequence of a pair has token type 0 as the first, instead of 1.</param>
    public SequenceEncoder(Tokenizer tokenizer, Models.Tokenization settings, bool zeroTokenTypes = false)
    {
        Tokenizer = tokenizer;
        Settings = settings;
        _zeroTokenTypes = zeroTokenTypes;
        _rows = new(tokenizer, settings, zeroTokenTypes);
        Pairs = new(tokenizer.Layout, settings, _rows);
    }

    /// <summary>What makes the tokens.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The tokenization this one follows.</summary>
    public Models.Tokenization Settings { get; }

    /// <summary>The same for two sequences.</summary>
    public PairEncoder Pairs { get; }

    /// <summary>The same tokenizer with other settings.</summary>
    public SequenceEncoder With(Models.Tokenization changed) => changed == Settings ? this : new(Tokenizer, changed, _zeroTokenTypes);

    /// <summary>The tokens of a text, or so many of them that it is clear how it is cut.</summary>
    public TokenList Tokenize(string text)
    {
        var tokens = new TokenList();
        Tokenizer.Tokenize(text, Settings.Truncate == Truncate.None ? _rows.MostTokens : Settings.RoomInRow(), tokens);
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
        var input = _rows.Allocate(1, tokens.Count + Settings.FrameLength(), isTruncated);
        _rows.Write(input, 0, tokens.Tokens);
        return input;
    }

    private ModelInput EncodeWindows(TokenList tokens, int room)
    {
        if (Settings.Span == Models.Tokenization.NoSpan)
        {
            var orMore = tokens.Count > _rows.MostTokens ? " or more" : "";
            throw new MlException(MlErrorKind.BadRequest,
                $"Input too large: the text has [{tokens.Count + Settings.FrameLength()}] tokens{orMore}, " +
                $"[max_sequence_length] is [{Settings.MaxSequenceLength}]");
        }

        var windows = Windows.Split(tokens.Tokens, room, Settings.Span);
        var longest = windows.Max(window => window.End - window.Start);
        var input = _rows.Allocate(windows.Count, longest + Settings.FrameLength(), isTruncated: false);
        for (var row = 0; row < windows.Count; row++)
            _rows.Write(input, row, tokens.Tokens[windows[row].Start..windows[row].End]);
        return input;
    }
}
