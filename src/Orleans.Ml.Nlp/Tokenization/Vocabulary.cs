using System.Collections.Immutable;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A model's vocabulary as uploaded.</summary>
/// <param name="Tokens">A token's index is its id.</param>
public sealed record Vocabulary(ImmutableArray<string> Tokens)
{
    /// <summary>Merges of byte-pair tokenizers, best first, each <c>left right</c>; empty for others.</summary>
    public ImmutableArray<string> Merges { get; init; } = [];

    /// <summary>Scores of unigram tokenizers, one per token; empty for others.</summary>
    public ImmutableArray<double> Scores { get; init; } = [];

    /// <summary>Reads the body of the vocabulary endpoint: <c>{"vocabulary":[…],"merges":[…],"scores":[…]}</c>, the last two optional.</summary>
    /// <exception cref="MlException">
    /// Not that kind of JSON (<see cref="MlErrorKind.ContentParse"/>), no vocabulary (<see cref="MlErrorKind.IllegalArgument"/>),
    /// an empty one or another number of scores (<see cref="MlErrorKind.RequestValidation"/>).
    /// </exception>
    public static Task<Vocabulary> ReadAsync(Stream json, CancellationToken cancellationToken) => VocabularyJson.ReadAsync(json, cancellationToken);
}
