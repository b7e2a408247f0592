namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>How a family of vocabularies spells its special tokens.</summary>
internal sealed record SpecialTokenNames(string Cls, string Sep, string Pad, string Unk, string Mask)
{
    /// <summary>The spelling of BERT's vocabularies.</summary>
    public static SpecialTokenNames Bert { get; } = new("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]");
}

/// <summary>Ids of a vocabulary's special tokens.</summary>
/// <param name="Cls">Begins a row; 0 and unused when rows are not framed.</param>
/// <param name="Sep">Ends a sequence; 0 and unused when rows are not framed.</param>
/// <param name="Pad">Fills short rows.</param>
/// <param name="Unk">Stands for what the vocabulary cannot spell.</param>
internal readonly record struct SpecialTokens(int Cls, int Sep, int Pad, int Unk)
{
    /// <summary>Looks them up, case-sensitively; of a string that is there twice the last index counts, as everywhere.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.Conflict"/>, naming the missing ones.</exception>
    public static SpecialTokens Find(string modelId, Vocabulary vocabulary, SpecialTokenNames names, bool framed)
    {
        var missing = new List<string>();
        var found = new SpecialTokens(
            framed ? IdOf(names.Cls) : 0, framed ? IdOf(names.Sep) : 0, IdOf(names.Pad), IdOf(names.Unk));
        return missing.Count == 0 ? found : throw new MlException(MlErrorKind.Conflict,
            $"The vocabulary of trained model [{modelId}] lacks the required token(s) {string.Join(", ", missing)}");

        int IdOf(string name)
        {
            var id = vocabulary.Tokens.LastIndexOf(name, vocabulary.Tokens.Length - 1, vocabulary.Tokens.Length, StringComparer.Ordinal);
            if (id < 0)
                missing.Add(name);
            return id;
        }
    }
}
