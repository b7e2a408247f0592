using System.Text.Json;
using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>What a tokenization may say, and what a request may change of it (models-nlp-ingest-security.md §2.4, §3.0, §4.5).</summary>
internal static class TokenizationRules
{
    /// <summary>The option's name in the API.</summary>
    public static string ApiName(this Truncate truncate) => JsonNamingPolicy.SnakeCaseLower.ConvertName(truncate.ToString());

    /// <summary>Tokens that frame one sequence.</summary>
    public static int FrameLength(this Models.Tokenization settings) => settings.WithSpecialTokens ? 2 : 0;

    /// <summary>Tokens of one sequence that a row has room for.</summary>
    public static int RoomInRow(this Models.Tokenization settings) => settings.MaxSequenceLength - settings.FrameLength();

    /// <summary>The settings with a request's overrides applied.</summary>
    /// <exception cref="MlException">
    /// <see cref="MlErrorKind.BadRequest"/> for another tokenizer, <see cref="MlErrorKind.IllegalArgument"/> for values that do not go together.
    /// </exception>
    public static Models.Tokenization With(this Models.Tokenization stored, TokenizationUpdate? update, string taskName, bool allowsSpan)
    {
        if (update is null)
            return stored;
        if (update.Kind != stored.Kind)
        {
            throw new MlException(MlErrorKind.BadRequest,
                $"The model's tokenizer is [{stored.Kind.ApiName()}], but the update is for the tokenizer [{update.Kind.ApiName()}]");
        }

        var effective = update.Truncate switch
        {
            null => stored with { Span = update.Span ?? stored.Span },
            Truncate.None => stored with { Truncate = Truncate.None, Span = update.Span ?? stored.Span },
            { } truncate => stored with { Truncate = truncate, Span = update.Span ?? Models.Tokenization.NoSpan },
        };
        effective.Validate(taskName, allowsSpan);
        return effective;
    }

    /// <summary>Refuses settings that contradict each other.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.IllegalArgument"/>, naming the member and its value.</exception>
    public static void Validate(this Models.Tokenization settings, string taskName, bool allowsSpan)
    {
        var room = settings.RoomInRow();
        if (room < 0 || settings.MaxSequenceLength <= 0)
            throw Illegal($"[max_sequence_length] is [{settings.MaxSequenceLength}], which leaves no room for the special tokens");
        if (settings.Span == Models.Tokenization.NoSpan)
            return;
        if (!allowsSpan)
            throw Illegal($"[span] must be [-1] for [{taskName}], which does not support windows; it is [{settings.Span}]");
        if (settings.Span < 0)
            throw Illegal($"[span] must be [-1], or [0] or more; it is [{settings.Span}]");
        if (settings.Truncate != Truncate.None)
            throw Illegal($"[span] must be [-1] when [truncate] is [{settings.Truncate.ApiName()}]; it is [{settings.Span}]");
        // Elasticsearch does not look and never comes to an end.
        if (settings.Span >= room)
        {
            throw Illegal($"[span] must be less than the [{room}] tokens of a window " +
                $"([max_sequence_length] is [{settings.MaxSequenceLength}]); it is [{settings.Span}]");
        }
    }

    private static MlException Illegal(string reason) => new(MlErrorKind.IllegalArgument, reason);
}
