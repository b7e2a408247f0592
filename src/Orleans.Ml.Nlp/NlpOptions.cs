namespace Orleans.Ml.Nlp;

/// <summary>Where text work may follow Elasticsearch to the letter instead of the models' own training.</summary>
public sealed class NlpOptions
{
    /// <summary>
    /// Whether both sequences of a pair have token type 0, as Elasticsearch writes it. Default false: the second one has type 1, which is what
    /// cross-encoders, question answering and entailment models were trained with. Only models that take token types notice
    /// (tokenizers <c>bert</c>, <c>bert_ja</c> and <c>deberta_v2</c>).
    /// </summary>
    public bool ZeroTokenTypes { get; set; }

    /// <summary>
    /// Folder of the MeCab dictionary (IPADIC in UTF-8) that the tokenizer <c>bert_ja</c> finds words with. Default null: where Debian's package
    /// <c>mecab-ipadic-utf8</c> puts it.
    /// </summary>
    public string? JapaneseDictionary { get; set; }

    /// <summary>
    /// Whether the tokenizer <c>bert_ja</c> splits compounds (Lucene's search mode) and takes white space for an unknown word, as Elasticsearch does.
    /// Default false: the words are those of MeCab, which Japanese models were trained with.
    /// </summary>
    public bool JapaneseSearchMode { get; set; }
}
