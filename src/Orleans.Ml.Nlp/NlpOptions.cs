namespace Orleans.Ml.Nlp;

/// <summary>Where text work may follow Elasticsearch to the letter instead of the models' own training.</summary>
public sealed class NlpOptions
{
    /// <summary>
    /// Whether both sequences of a pair have token type 0, as Elasticsearch writes it. Default false: the second one has type 1, which is what
    /// cross-encoders, question answering and entailment models were trained with. Only models that take token types notice
    /// (tokenizers <c>bert</c> and <c>deberta_v2</c>).
    /// </summary>
    public bool ZeroTokenTypes { get; set; }
}
