using System.Collections.Immutable;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>A model's vocabulary as uploaded.</summary>
/// <param name="Tokens">A token's index is its id.</param>
public sealed record Vocabulary(ImmutableArray<string> Tokens);
