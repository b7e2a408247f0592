using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Makes tokens of text. Immutable, safe on any thread.</summary>
internal abstract class Tokenizer(SpecialTokens special)
{
    /// <summary>Ids of the tokens that frame, pad and stand in.</summary>
    public SpecialTokens Special { get; } = special;

    /// <summary>How many tensors models of this kind take: ids, attention mask, then token types, then positions.</summary>
    public abstract int Arguments { get; }

    /// <summary>Appends the tokens of a text, without special tokens.</summary>
    /// <param name="text">Any UTF-16, unpaired surrogates included.</param>
    /// <param name="limit">The caller needs to see no more than this many and that there are more: reading may end soon after.</param>
    /// <param name="tokens">Where they go.</param>
    public abstract void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens);

    /// <summary>Builds the tokenizer a model is configured for.</summary>
    /// <exception cref="MlException">The vocabulary lacks special tokens (<see cref="MlErrorKind.Conflict"/>).</exception>
    public static Tokenizer Create(string modelId, Models.Tokenization settings, Vocabulary vocabulary) => settings.Kind switch
    {
        TokenizerKind.Bert => new WordPieceTokenizer(
            SpecialTokens.Find(modelId, vocabulary, SpecialTokenNames.Bert, settings.WithSpecialTokens),
            SpecialTokenNames.Bert.Mask, settings.DoLowerCase, vocabulary),
        _ => throw new MlException(MlErrorKind.BadRequest,
            $"Trained model [{modelId}] asks for the tokenizer [{settings.Kind}], which this version does not have"),
    };
}
