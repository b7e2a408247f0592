using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization.Japanese;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>Makes tokens of text. Immutable, safe on any thread.</summary>
internal abstract class Tokenizer(SpecialTokens special, RowLayout layout)
{
    /// <summary>Ids of the tokens that frame, pad and stand in.</summary>
    public SpecialTokens Special { get; } = special;

    /// <summary>How the rows of such models are laid out.</summary>
    public RowLayout Layout { get; } = layout;

    /// <summary>Appends the tokens of a text, without special tokens.</summary>
    /// <param name="text">Any UTF-16, unpaired surrogates included.</param>
    /// <param name="limit">The caller needs to see no more than this many and that there are more: reading may end soon after.</param>
    /// <param name="tokens">Where they go.</param>
    public abstract void Tokenize(ReadOnlySpan<char> text, int limit, TokenList tokens);

    /// <summary>The text that a token of the vocabulary stands for, as Elasticsearch shows it.</summary>
    public virtual string Decode(string token) => token;

    /// <summary>Builds the tokenizer a model is configured for.</summary>
    /// <exception cref="MlException">
    /// The vocabulary lacks special tokens (<see cref="MlErrorKind.Conflict"/>), or merges or scores (<see cref="MlErrorKind.BadRequest"/>), or this
    /// machine lacks what <c>bert_ja</c> needs (<see cref="MlErrorKind.ModelFailed"/>).
    /// </exception>
    public static Tokenizer Create(string modelId, Models.Tokenization settings, Vocabulary vocabulary, NlpOptions? options = null)
    {
        if (settings.Kind.NeedsMerges() && vocabulary.Merges.IsEmpty)
            throw Lacks("merges");
        if (settings.Kind.NeedsScores() && vocabulary.Scores.IsEmpty)
            throw Lacks("scores");
        var names = SpecialTokenNames.Of(settings.Kind);
        var special = SpecialTokens.Find(modelId, vocabulary, names, settings.WithSpecialTokens);
        var layout = RowLayout.Of(settings.Kind);
        return settings.Kind switch
        {
            TokenizerKind.Bert or TokenizerKind.Mpnet => new WordPieceTokenizer(special, layout, names.Mask, settings.DoLowerCase, vocabulary),
            TokenizerKind.BertJapanese => new JapaneseTokenizer(special, layout, names.Mask, settings.DoLowerCase,
                MecabDictionary.Open(modelId, options?.JapaneseDictionary), options?.JapaneseSearchMode ?? false, vocabulary),
            TokenizerKind.Roberta => new BytePairTokenizer(special, layout, names.Mask, settings.AddPrefixSpace, vocabulary),
            TokenizerKind.XlmRoberta => new UnigramTokenizer(special, layout, [names.Mask], spellsBytes: false, vocabulary),
            TokenizerKind.DebertaV2 => new UnigramTokenizer(special, layout, names.All, spellsBytes: true, vocabulary),
            _ => throw new MlException(MlErrorKind.BadRequest,
                $"Trained model [{modelId}] asks for the tokenizer [{settings.Kind.ApiName()}], which this version does not have"),
        };

        MlException Lacks(string member) => new(MlErrorKind.BadRequest,
            $"The vocabulary of trained model [{modelId}] has no [{member}], which its tokenizer [{settings.Kind.ApiName()}] needs");
    }
}
