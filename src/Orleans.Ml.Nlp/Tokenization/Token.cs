namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>One token of a text, special tokens excluded.</summary>
/// <param name="Id">Index in the vocabulary.</param>
/// <param name="Word">Which word of the text it belongs to, from 0.</param>
/// <param name="Start">First UTF-16 unit of that word in the text as received.</param>
/// <param name="End">One past its last UTF-16 unit.</param>
internal readonly record struct Token(int Id, int Word, int Start, int End);
