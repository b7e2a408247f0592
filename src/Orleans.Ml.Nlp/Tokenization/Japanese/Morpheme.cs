namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>A word as the analyzer sees it.</summary>
/// <param name="Start">Its first unit in the text that was analyzed.</param>
/// <param name="End">One past its last.</param>
internal readonly record struct Morpheme(int Start, int End);
