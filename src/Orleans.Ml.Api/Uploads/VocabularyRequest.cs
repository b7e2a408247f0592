using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Uploads;

/// <summary>The body of a vocabulary, checked. Rules: models-nlp-ingest-security.md §1.3.</summary>
/// <param name="Vocabulary">A token's index is its id.</param>
/// <param name="Merges">Pairs of byte-level BPE, best first; null when not given.</param>
/// <param name="Scores">One per token, for unigram tokenizers; null when not given.</param>
internal sealed record VocabularyRequest(ImmutableArray<string> Vocabulary, ImmutableArray<string>? Merges, ImmutableArray<double>? Scores)
{
    private const string Owner = "put_trained_model_vocabulary";

    /// <summary>Reads and checks a body.</summary>
    /// <exception cref="MlException">What is wrong with it.</exception>
    public static VocabularyRequest Read(JsonElement body)
    {
        ImmutableArray<string>? vocabulary = null, merges = null;
        ImmutableArray<double>? scores = null;
        foreach (var member in JsonMember.Of(body, Owner))
        {
            switch (member.Name)
            {
                case "vocabulary":
                    vocabulary = member.Strings();
                    break;
                case "merges":
                    merges = member.Strings();
                    break;
                case "scores":
                    scores = ReadScores(member);
                    break;
                default:
                    throw member.Unknown();
            }
        }

        if (vocabulary is not { } tokens)
            throw new MlException(MlErrorKind.IllegalArgument, "[vocabulary] must not be null");
        var problems = new List<string>();
        if (tokens.IsEmpty)
            problems.Add("[vocabulary] must not be empty");
        if (scores is { Length: > 0 } given && given.Length != tokens.Length)
            problems.Add($"[scores] must have the same length as [vocabulary], was [{given.Length}] with [{tokens.Length}]");
        return problems.Count > 0 ? throw MlException.Validation(problems) : new(tokens, merges, scores);
    }

    /// <summary>Writes it in the form it is stored in.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteStrings(writer, "vocabulary", Vocabulary);
        if (Merges is { } merges)
            WriteStrings(writer, "merges", merges);
        if (Scores is { } scores)
        {
            writer.WriteStartArray("scores"u8);
            foreach (var score in scores)
                writer.WriteNumberValue(score);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, ImmutableArray<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static ImmutableArray<double> ReadScores(JsonMember member)
    {
        if (member.Value.ValueKind != JsonValueKind.Array)
            throw member.Problem("must be an array of numbers");
        var scores = ImmutableArray.CreateBuilder<double>(member.Value.GetArrayLength());
        foreach (var item in member.Value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetDouble(out var score) || !double.IsFinite(score))
                throw member.Problem($"must be an array of numbers, item [{scores.Count}] is [{Excerpt.Of(item.GetRawText())}]");
            scores.Add(score);
        }

        return scores.MoveToImmutable();
    }
}
