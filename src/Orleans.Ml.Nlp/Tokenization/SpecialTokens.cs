using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>How a family of vocabularies spells its special tokens (models-nlp-ingest-security.md §4.1).</summary>
internal sealed record SpecialTokenNames(string Cls, string Sep, string Pad, string Unk, string Mask)
{
    private static readonly SpecialTokenNames Bracketed = new("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]");
    private static readonly SpecialTokenNames Angled = new("<s>", "</s>", "<pad>", "<unk>", "<mask>");

    /// <summary>All of them.</summary>
    public string[] All => [Cls, Sep, Pad, Unk, Mask];

    /// <summary>The spelling of a tokenizer's vocabularies.</summary>
    public static SpecialTokenNames Of(TokenizerKind kind) => kind switch
    {
        TokenizerKind.Bert or TokenizerKind.BertJapanese or TokenizerKind.DebertaV2 => Bracketed,
        // Not a slip: MPNet's vocabularies have both, and their own unknown is BERT's.
        TokenizerKind.Mpnet => Angled with { Unk = Bracketed.Unk },
        _ => Angled,
    };
}

/// <summary>Ids of a vocabulary's special tokens.</summary>
/// <param name="Cls">Begins a row; 0 and unused when rows are not framed.</param>
/// <param name="Sep">Ends a sequence; 0 and unused when rows are not framed.</param>
/// <param name="Pad">Fills short rows.</param>
/// <param name="Unk">Stands for what the vocabulary cannot spell.</param>
/// <param name="Mask">Stands for what the model is to fill in; -1 when the vocabulary has none.</param>
internal readonly record struct SpecialTokens(int Cls, int Sep, int Pad, int Unk, int Mask)
{
    /// <summary>What a mask in a text becomes.</summary>
    public int MaskOrUnk => Mask < 0 ? Unk : Mask;

    /// <summary>Looks them up, case-sensitively; of a string that is there twice the last index counts, as everywhere.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.Conflict"/>, naming the missing ones.</exception>
    public static SpecialTokens Find(string modelId, Vocabulary vocabulary, SpecialTokenNames names, bool framed)
    {
        var missing = new List<string>();
        var found = new SpecialTokens(
            framed ? Require(names.Cls) : 0, framed ? Require(names.Sep) : 0, Require(names.Pad), Require(names.Unk), IdOf(names.Mask));
        return missing.Count == 0 ? found : throw new MlException(MlErrorKind.Conflict,
            $"The vocabulary of trained model [{modelId}] lacks the required token(s) {string.Join(", ", missing)}");

        int Require(string name)
        {
            var id = IdOf(name);
            if (id < 0)
                missing.Add(name);
            return id;
        }

        int IdOf(string name) =>
            vocabulary.Tokens.LastIndexOf(name, vocabulary.Tokens.Length - 1, vocabulary.Tokens.Length, StringComparer.Ordinal);
    }
}
