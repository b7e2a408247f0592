using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Lays two sequences out as rows: whole, cut, or with windows over the second (models-nlp-ingest-security.md §4.6).</summary>
internal sealed class PairEncoder(RowLayout layout, Models.Tokenization settings, RowWriter rows)
{
    private readonly int _room = settings.MaxSequenceLength - layout.PairFrameLength;

    /// <summary>One row, or one for each window of the second sequence.</summary>
    /// <exception cref="MlException">They do not fit, or the first is empty (400 kinds).</exception>
    public EncodedPair Encode(ReadOnlySpan<Token> first, ReadOnlySpan<Token> second)
    {
        Check(first);
        if (first.Length + second.Length > _room && settings.Span != Models.Tokenization.NoSpan)
            return EncodeWindows(first, second);
        var (keptOfFirst, keptOfSecond) = Fit(first.Length, second.Length);
        var isTruncated = keptOfFirst < first.Length || keptOfSecond < second.Length;
        var input = rows.Allocate(1, keptOfFirst + keptOfSecond + layout.PairFrameLength, isTruncated);
        rows.WritePair(input, 0, first[..keptOfFirst], second[..keptOfSecond]);
        return new(input, keptOfFirst, [(0, keptOfSecond)]);
    }

    /// <summary>A row for each second sequence, each cut on its own.</summary>
    /// <exception cref="MlException">One of them does not fit, or the first is empty (400 kinds).</exception>
    public ModelInput EncodeEach(ReadOnlySpan<Token> first, Token[][] seconds)
    {
        Check(first);
        var (longest, isTruncated) = (0, false);
        foreach (var second in seconds)
        {
            var (keptOfFirst, keptOfSecond) = Fit(first.Length, second.Length);
            longest = Math.Max(longest, keptOfFirst + keptOfSecond);
            isTruncated |= keptOfFirst < first.Length || keptOfSecond < second.Length;
        }

        var input = rows.Allocate(seconds.Length, longest + layout.PairFrameLength, isTruncated);
        for (var row = 0; row < seconds.Length; row++)
        {
            var (keptOfFirst, keptOfSecond) = Fit(first.Length, seconds[row].Length);
            rows.WritePair(input, row, first[..keptOfFirst], seconds[row].AsSpan(0, keptOfSecond));
        }

        return input;
    }

    private EncodedPair EncodeWindows(ReadOnlySpan<Token> first, ReadOnlySpan<Token> second)
    {
        var width = _room - first.Length;
        if (width <= 0)
        {
            throw Illegal($"The first sequence has [{first.Length}] tokens and leaves no room for the second: " +
                $"[max_sequence_length] is [{settings.MaxSequenceLength}], with [{layout.PairFrameLength}] special tokens");
        }

        // Elasticsearch fails later, with a 500, where they are equal.
        if (settings.Span >= width)
        {
            throw Illegal($"[span] is [{settings.Span}], with the [{first.Length}] tokens of the first sequence and " +
                $"[{layout.PairFrameLength}] special tokens the windows do not move on within a [max_sequence_length] of [{settings.MaxSequenceLength}]; reduce [span]");
        }

        var windows = Windows.Split(second, width, settings.Span);
        var longest = windows.Max(window => window.End - window.Start);
        var input = rows.Allocate(windows.Count, first.Length + longest + layout.PairFrameLength, isTruncated: false);
        for (var row = 0; row < windows.Count; row++)
            rows.WritePair(input, row, first, second[windows[row].Start..windows[row].End]);
        return new(input, first.Length, windows);
    }

    /// <summary>How many tokens of each sequence a row holds.</summary>
    private (int First, int Second) Fit(int first, int second)
    {
        if (first + second <= _room)
            return (first, second);
        switch (settings.Truncate)
        {
            case Truncate.First:
                RequireRoom("second", second);
                return (_room - second, second);
            case Truncate.Second:
                RequireRoom("first", first);
                return (first, _room - first);
            case Truncate.Balanced:
                var half = _room / 2;
                var keptOfFirst = Math.Min(first, second > half ? half : _room - second);
                return (keptOfFirst, Math.Min(second, _room - keptOfFirst));
            default:
                throw new MlException(MlErrorKind.BadRequest,
                    $"Input too large: the two sequences have [{(long)first + second + layout.PairFrameLength}] tokens, " +
                    $"[max_sequence_length] is [{settings.MaxSequenceLength}]");
        }
    }

    private void RequireRoom(string which, int tokens)
    {
        if (tokens > _room)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"Input too large: the {which} sequence has [{tokens}] or more tokens and may not be cut, [max_sequence_length] is " +
                $"[{settings.MaxSequenceLength}] with [{layout.PairFrameLength}] special tokens and [truncate] is [{settings.Truncate.ApiName()}]");
        }
    }

    private void Check(ReadOnlySpan<Token> first)
    {
        if (!settings.WithSpecialTokens)
            throw Illegal("[with_special_tokens] is [false], but pairs of sequences cannot do without special tokens");
        if (_room < 0)
        {
            throw Illegal($"[max_sequence_length] is [{settings.MaxSequenceLength}], which leaves no room for " +
                $"the [{layout.PairFrameLength}] special tokens of a pair");
        }

        if (first.IsEmpty)
            throw new MlException(MlErrorKind.BadRequest, "The first of the two sequences has no tokens; both must be given");
    }

    private static MlException Illegal(string reason) => new(MlErrorKind.IllegalArgument, reason);
}

/// <summary>The rows of a pair.</summary>
/// <param name="Input">What the model gets.</param>
/// <param name="FirstLength">Tokens of the first sequence in every row.</param>
/// <param name="Windows">Which tokens of the second sequence each row holds.</param>
internal readonly record struct EncodedPair(ModelInput Input, int FirstLength, IReadOnlyList<(int Start, int End)> Windows);
