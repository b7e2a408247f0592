using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>The body of the vocabulary endpoint; unknown and repeated members are errors.</summary>
internal sealed record VocabularyJson(string?[]? Vocabulary, string?[]? Merges, double[]? Scores)
{
    public static async Task<Vocabulary> ReadAsync(Stream json, CancellationToken cancellationToken)
    {
        try
        {
            return (await JsonSerializer.DeserializeAsync(json, VocabularyJsonContext.Default.VocabularyJson, cancellationToken))?.ToVocabulary()
                ?? throw new MlException(MlErrorKind.ContentParse, "The vocabulary is [null], an object is needed");
        }
        catch (JsonException problem)
        {
            throw new MlException(MlErrorKind.ContentParse, $"The vocabulary cannot be parsed: {problem.Message}");
        }
    }

    private Vocabulary ToVocabulary()
    {
        if (Vocabulary is null)
            throw new MlException(MlErrorKind.IllegalArgument, "[vocabulary] must not be null");
        var problems = new List<string>();
        if (Vocabulary.Length == 0)
            problems.Add("[vocabulary] must not be empty");
        if (Scores is { Length: > 0 } && Scores.Length != Vocabulary.Length)
            problems.Add($"[scores] has [{Scores.Length}] entries, [vocabulary] has [{Vocabulary.Length}]");
        if (problems.Count > 0)
            throw MlException.Validation(problems);
        return new([.. Strings("vocabulary", Vocabulary)]) { Merges = [.. Strings("merges", Merges ?? [])], Scores = [.. Scores ?? []] };
    }

    private static IEnumerable<string> Strings(string member, string?[] values) => values.Select((value, index) =>
        value ?? throw new MlException(MlErrorKind.ContentParse, $"[{member}] has a null at index [{index}], strings are needed"));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(VocabularyJson))]
internal sealed partial class VocabularyJsonContext : JsonSerializerContext;
