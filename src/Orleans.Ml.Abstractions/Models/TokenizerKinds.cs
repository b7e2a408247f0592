namespace Orleans.Ml.Models;

/// <summary>What is known of a tokenizer without its vocabulary (models-nlp-ingest-security.md §1.3, §4.1).</summary>
public static class TokenizerKinds
{
    /// <summary>All of them, by number.</summary>
    public static IReadOnlyList<TokenizerKind> All { get; } = Enum.GetValues<TokenizerKind>();

    /// <summary>The tokenizer's name in the API.</summary>
    public static string ApiName(this TokenizerKind kind) => kind switch
    {
        TokenizerKind.Bert => "bert",
        TokenizerKind.BertJapanese => "bert_ja",
        TokenizerKind.Mpnet => "mpnet",
        TokenizerKind.Roberta => "roberta",
        TokenizerKind.XlmRoberta => "xlm_roberta",
        TokenizerKind.DebertaV2 => "deberta_v2",
        _ => $"tokenizer {(int)kind}",
    };

    /// <summary>How a text says that the model is to fill something in.</summary>
    public static string MaskToken(this TokenizerKind kind) =>
        kind is TokenizerKind.Bert or TokenizerKind.BertJapanese or TokenizerKind.DebertaV2 ? "[MASK]" : "<mask>";

    /// <summary>Whether a vocabulary is of no use without <c>merges</c>.</summary>
    public static bool NeedsMerges(this TokenizerKind kind) => kind == TokenizerKind.Roberta;

    /// <summary>Whether a vocabulary is of no use without <c>scores</c>.</summary>
    public static bool NeedsScores(this TokenizerKind kind) => kind is TokenizerKind.XlmRoberta or TokenizerKind.DebertaV2;
}
