using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>A document whose answer is read token by token.</summary>
internal sealed class TokenizedDocument(string text, ModelInput input, Token[] tokens) : PreparedDocument(text, input)
{
    /// <summary>The tokens of the first row, special tokens excluded.</summary>
    public ReadOnlySpan<Token> Tokens => tokens;
}
