using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>The <c>tokenization</c> of a model and of a request. Rules: models-nlp-ingest-security.md §2.4, §3.0.</summary>
internal static class TokenizationJson
{
    private const string TruncateNames = "first, second, none, balanced";

    public static Tokenization Read(JsonMember member)
    {
        var tokenizer = member.OnlyMember();
        var tokenization = new Tokenization(KindOf(tokenizer));
        foreach (var option in tokenizer.Members())
        {
            tokenization = option.Name switch
            {
                "do_lower_case" => tokenization with { DoLowerCase = option.Boolean() },
                "with_special_tokens" => tokenization with { WithSpecialTokens = option.Boolean() },
                "max_sequence_length" => tokenization with { MaxSequenceLength = option.Int32() },
                "truncate" => tokenization with { Truncate = option.Token(ParseTruncate, TruncateNames) },
                "span" => tokenization with { Span = option.Int32() },
                "add_prefix_space" when tokenization.Kind == TokenizerKind.Roberta => tokenization with { AddPrefixSpace = option.Boolean() },
                _ => throw option.Unknown(),
            };
        }

        return FindProblem(tokenization) is { } problem ? throw tokenizer.Caused(MlErrorKind.IllegalArgument, problem) : tokenization;
    }

    public static TokenizationUpdate ReadUpdate(JsonMember member)
    {
        var tokenizer = member.OnlyMember();
        var update = new TokenizationUpdate(KindOf(tokenizer), null, null);
        foreach (var option in tokenizer.Members())
        {
            update = option.Name switch
            {
                "truncate" => update with { Truncate = option.Token(ParseTruncate, TruncateNames) },
                "span" => update with { Span = option.Int32() },
                _ => throw option.Unknown(),
            };
        }

        if (update.Span < Tokenization.NoSpan)
            throw new MlException(MlErrorKind.IllegalArgument, SpanTooSmall(update.Span.Value));
        if (update is { Span: { } span and not Tokenization.NoSpan, Truncate: { } truncate and not Truncate.None })
            throw new MlException(MlErrorKind.IllegalArgument, SpanNeedsNone(span, truncate));
        return update;
    }

    public static void Write(Utf8JsonWriter writer, Tokenization tokenization)
    {
        writer.WriteStartObject("tokenization"u8);
        writer.WriteStartObject(tokenization.Kind.ApiName());
        writer.WriteBoolean("do_lower_case"u8, tokenization.DoLowerCase);
        writer.WriteBoolean("with_special_tokens"u8, tokenization.WithSpecialTokens);
        writer.WriteNumber("max_sequence_length"u8, tokenization.MaxSequenceLength);
        writer.WriteString("truncate"u8, NameOf(tokenization.Truncate));
        writer.WriteNumber("span"u8, tokenization.Span);
        if (tokenization.Kind == TokenizerKind.Roberta)
            writer.WriteBoolean("add_prefix_space"u8, tokenization.AddPrefixSpace);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? FindProblem(Tokenization asked) => asked switch
    {
        { MaxSequenceLength: <= 0 } => $"[max_sequence_length] must be positive, was [{asked.MaxSequenceLength}]",
        { DoLowerCase: true, Kind: TokenizerKind.Roberta or TokenizerKind.XlmRoberta } =>
            $"[do_lower_case] must be false for the tokenizer [{asked.Kind.ApiName()}], was [true]",
        { Span: < Tokenization.NoSpan } => SpanTooSmall(asked.Span),
        _ when asked.Span > asked.MaxSequenceLength =>
            $"[span] must be at most [max_sequence_length], was [{asked.Span}] with [{asked.MaxSequenceLength}]",
        { Span: not Tokenization.NoSpan, Truncate: not Truncate.None } => SpanNeedsNone(asked.Span, asked.Truncate),
        _ => null,
    };

    private static TokenizerKind KindOf(JsonMember tokenizer)
    {
        foreach (var kind in TokenizerKinds.All)
        {
            if (tokenizer.Name == kind.ApiName())
                return kind;
        }

        throw tokenizer.Unknown();
    }

    private static string SpanTooSmall(int span) => $"[span] must be at least 0, or -1 for no windows, was [{span}]";

    private static string SpanNeedsNone(int span, Truncate truncate) =>
        $"[span] must be -1 unless [truncate] is [none], was [{span}] with [{NameOf(truncate)}]";

    private static string NameOf(Truncate truncate) => truncate switch
    {
        Truncate.First => "first",
        Truncate.Second => "second",
        Truncate.None => "none",
        _ => "balanced",
    };

    private static Truncate? ParseTruncate(string name) => name.ToLowerInvariant() switch
    {
        "first" => Truncate.First,
        "second" => Truncate.Second,
        "none" => Truncate.None,
        "balanced" => Truncate.Balanced,
        _ => null,
    };
}
