using CsCheck;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>What holds for any UTF-16, unpaired surrogates included.</summary>
public sealed class TokenizerProperties
{
    private static readonly Vocabulary Letters = new([.. Given.Letters, "中", "[", "]", "ab", "##ab"]);

    private static readonly string[] Special =
    [
        " ", "\n", "[MASK]", "[", "]", ".", "中", "é", "e\u0301", "\u0301", "한", "\u00A0", "\u200B", "😀", "\uD83D", "\uDE00", "İ", "\0",
    ];

    // Mostly units that the rules treat specially, sometimes any of the 65,536.
    private static readonly Gen<string> Texts = Gen.OneOf(
            Gen.Char['a', 'e'].Select(c => $"{c}"),
            Gen.Int[0, Special.Length - 1].Select(i => Special[i]),
            Gen.Char.Select(c => $"{c}"),
            Gen.Int[0, 600].Select(n => new string('a', n)))
        .Array[0, 60].Select(string.Concat);

    [Fact]
    public void OffsetsAreOrderedAndInsideTheText_AndWordsCountUp() => Gen.Select(Texts, Gen.Bool).Sample((text, lower) =>
    {
        var tokens = Given.Tokenize(Letters, text, lower);

        var previous = new Token(0, -1, 0, 0);
        foreach (var token in tokens)
        {
            Assert.InRange(token.Id, 0, Letters.Tokens.Length - 1);
            Assert.InRange(token.End, token.Start + 1, text.Length);
            if (token.Word == previous.Word)
            {
                Assert.Equal((previous.Start, previous.End), (token.Start, token.End));
            }
            else
            {
                Assert.Equal(previous.Word + 1, token.Word);
                Assert.True(token.Start >= previous.End);
            }

            previous = token;
        }
    });

    [Fact]
    public void WindowsCoverAllTokens_AndMoveOn_AndBeginAndEndAtWords() =>
        Gen.Select(Gen.Int[1, 8].Array[1, 30], Gen.Int[1, 20], Gen.Int[0, 19]).Where((_, width, span) => span < width).Sample((pieces, width, span) =>
        {
            var tokens = pieces.SelectMany((count, word) => Enumerable.Repeat(new Token(0, word, 0, 0), count)).ToArray();

            var windows = Windows.Split(tokens, width, span);

            Assert.Equal((0, tokens.Length), (windows[0].Start, windows[^1].End));
            Assert.All(windows, window => Assert.InRange(window.End - window.Start, 1, width));
            foreach (var (earlier, later) in windows.Zip(windows.Skip(1)))
            {
                Assert.InRange(later.Start, earlier.Start + 1, earlier.End - span);
                // With room for the overlap, a whole word and the rest of another there is always a place to cut.
                if (width > span + (2 * pieces.Max()))
                    Assert.All([earlier.End, later.Start], at => Assert.NotEqual(tokens[at].Word, tokens[at - 1].Word));
            }
        });

    [Fact]
    public void RowsAreNoLongerThanAllowed() =>
        Gen.Select(Texts, Gen.Bool, Gen.Int[3, 40], Gen.Int[0, 39]).Where((_, _, max, span) => span < max - 2).Sample((text, lower, max, span) =>
        {
            var input = Given.PassThrough(Letters, Given.Bert(lower, true, max, Truncate.None, span)).Bind(null).Prepare(text).Input;

            Assert.InRange(input.Length, 2, max);
            Assert.Equal(Given.Tokenize(Letters, text, lower).Length > max - 2, input.Rows > 1);
        });

    [Fact]
    public void TruncatedRowIsTheBeginningOfTheWhole() => Gen.Select(Texts, Gen.Bool, Gen.Int[2, 40]).Sample((text, lower, max) =>
    {
        var ids = Given.Tokenize(Letters, text, lower).Select(t => (long)t.Id).ToArray();

        var input = Given.Embedding(Letters, Given.Bert(lower, max: max)).Bind(null).Prepare(text).Input;

        Assert.Equal(ids.Take(max - 2), Given.Row(input, 0)[1..^1]);
        Assert.Equal(ids.Length > max - 2, input.IsTruncated);
    });
}
