using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>A document that is the second sequence of a pair, and whose answer is read token by token.</summary>
internal sealed class PairDocument(string text, EncodedPair pair, Token[] tokens) : PreparedDocument(text, pair.Input)
{
    /// <summary>All tokens of the document, special tokens excluded.</summary>
    public ReadOnlySpan<Token> Tokens => tokens;

    /// <summary>Tokens of the first sequence in every row.</summary>
    public int FirstLength => pair.FirstLength;

    /// <summary>Which tokens of the document each row holds.</summary>
    public IReadOnlyList<(int Start, int End)> Windows => pair.Windows;
}
