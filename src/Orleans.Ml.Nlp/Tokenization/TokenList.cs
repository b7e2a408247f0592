using System.Buffers;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>The tokens of one text while it is being prepared, in borrowed memory.</summary>
internal sealed class TokenList : IDisposable
{
    private const int InitialCapacity = 512;

    private Token[] _tokens = ArrayPool<Token>.Shared.Rent(InitialCapacity);

    public int Count { get; private set; }

    public ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, Count);

    public void Add(Token token)
    {
        if (Count == _tokens.Length)
            Grow();
        _tokens[Count++] = token;
    }

    /// <summary>Moves the end of the last token's place in the text.</summary>
    public void ExtendLast(int end) => _tokens[Count - 1] = _tokens[Count - 1] with { End = end };

    /// <summary>Forgets all tokens from an index on.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    public void Dispose()
    {
        ArrayPool<Token>.Shared.Return(_tokens);
        _tokens = [];
        Count = 0;
    }

    private void Grow()
    {
        var larger = ArrayPool<Token>.Shared.Rent(_tokens.Length * 2);
        Tokens.CopyTo(larger);
        ArrayPool<Token>.Shared.Return(_tokens);
        _tokens = larger;
    }
}
