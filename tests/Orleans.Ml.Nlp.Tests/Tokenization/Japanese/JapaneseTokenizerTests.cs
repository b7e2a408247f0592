using CsCheck;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;
using Orleans.Ml.Nlp.Tokenization.Japanese;

namespace Orleans.Ml.Nlp.Tests.Tokenization.Japanese;

public sealed class JapaneseTokenizerTests
{
    private static readonly Vocabulary Words = Given.Vocabulary(
        "日本", "日本語", "語", "で", "、", "。", "を", "使う", "テスト", "Elastic", "##search", "の", "東京", "##都", "は", "です", "か", "き", "elastic");

    [Fact]
    public void SpellsTheWordsOfTheAnalyzer()
    {
        Assert.Equal(
            ["日本語", "で", "、", "Elastic ##search", "の", "テスト", "を", "使う", "。"],
            Spell("日本語で、Elasticsearchのテストを使う。"));
    }

    [Fact]
    public void SplitsCompounds_InSearchMode()
    {
        var vocabulary = Given.Vocabulary("関西国際空港", "関西", "国際", "空港");

        Assert.Equal(["関西国際空港"], Spell("関西国際空港", vocabulary: vocabulary));
        Assert.Equal(["関西", "国際", "空港"], Spell("関西国際空港", searchMode: true, vocabulary: vocabulary));
    }

    [Fact]
    public void PiecesHaveThePlaceOfTheirWord()
    {
        var tokens = Tokenize("日本語で、Elasticsearch。");

        Assert.Equal([(0, 3), (3, 4), (4, 5), (5, 18), (5, 18), (18, 19)], tokens.Select(t => (t.Start, t.End)));
        Assert.Equal([0, 1, 2, 3, 3, 4], tokens.Select(t => t.Word));
    }

    [Fact]
    public void IdeographsAreNotSplit_AndPunctuationInsideAWordIs()
    {
        Assert.Equal(["東京", "[UNK]", "[UNK]", "[UNK]"], Spell("東京ジョン・スミス"));
        Assert.Equal([(0, 2), (2, 5), (5, 6), (6, 9)], Tokenize("東京ジョン・スミス").Select(t => (t.Start, t.End)));
    }

    [Fact]
    public void AWordThatCannotBeSpelledIsOneUnknown()
    {
        // か and き are in the vocabulary, but not as continuations.
        Assert.Equal(["[UNK]"], Spell("かき"));
    }

    [Theory]
    [InlineData("日本語 で")]
    [InlineData("日本語\u3000で")]
    [InlineData("日本語\r\n\tで ")]
    public void WhiteSpaceIsNoWord(string text)
    {
        Assert.Equal(["日本語", "で"], Spell(text));
    }

    [Fact]
    public void WhiteSpaceIsAnUnknownWord_InSearchMode()
    {
        Assert.Equal(["[UNK]", "東京", "[UNK]", "で", "[UNK]"], Spell(" 東京 \u3000で\n", searchMode: true));
        Assert.Equal([(0, 1), (1, 3), (3, 5), (5, 6), (6, 7)], Tokenize(" 東京 \u3000で\n", searchMode: true).Select(t => (t.Start, t.End)));
    }

    [Theory]
    [InlineData("東京は[MASK]です。", "東京 は [MASK] です 。")]
    [InlineData("[MASK]", "[MASK]")]
    [InlineData("[MASK][MASK]です", "[MASK] [MASK] です")]
    [InlineData("[[MASK]]は", "[UNK] [MASK] [UNK] は")]
    [InlineData("[MA\u200BSK]です", "[MASK] です")]
    [InlineData("[MASK", "[UNK] [UNK]")]
    public void TheMaskIsNeverSplit(string text, string expected)
    {
        Assert.Equal(expected.Split(' '), Spell(text));
    }

    [Fact]
    public void TheMaskHasItsPlace()
    {
        Assert.Equal((4, 10), Tokenize("😀東京[MASK]です").Where(t => t.Id == 4).Select(t => (t.Start, t.End)).Single());
    }

    [Fact]
    public void TheMaskIsUnknown_WhenTheVocabularyLacksIt()
    {
        var vocabulary = new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "です"]);

        Assert.Equal(["[UNK]", "です"], Spell("[MASK]です", vocabulary: vocabulary));
    }

    // The mask begins before the end of what is analyzed at a time and ends behind it.
    [Theory]
    [InlineData(JapaneseTokenizer.MaxRunLength - 6)]
    [InlineData(JapaneseTokenizer.MaxRunLength - 5)]
    [InlineData(JapaneseTokenizer.MaxRunLength - 1)]
    [InlineData(JapaneseTokenizer.MaxRunLength)]
    public void TheMaskIsNotCut_AtTheEndOfARun(int before)
    {
        var text = new string('東', before) + "[MASK]です";

        var tokens = Tokenize(text);

        Assert.Equal((before, before + 6), tokens.Where(t => t.Id == 4).Select(t => (t.Start, t.End)).Single());
    }

    [Fact]
    public void UnitsThatAreDroppedLeaveTheirPlaceEmpty()
    {
        Assert.Equal([(0, 4), (5, 6)], Tokenize("日\u200B本語😀で"[..4] + "\u200Bで").Select(t => (t.Start, t.End)));
        Assert.Equal(["日本語", "で"], Spell("\uFEFF日\u200B本\u00AD語😀で"));
    }

    [Fact]
    public void LoneSurrogatesAreDropped()
    {
        Assert.Equal(["日本語", "で"], Spell("\uD83D日本\uDE00語で\uD83D"));
    }

    [Fact]
    public void CaseAndVoicedSoundMarksDoNotCount_WhenLowerCased()
    {
        Assert.Equal(["elastic", "か", "き"], Spell("ELASTIC が ぎ", lower: true));
        Assert.Equal(["[UNK]", "[UNK]"], Spell("ELASTIC が"));
    }

    [Fact]
    public void AnEmptyTextHasNoTokens()
    {
        Assert.Empty(Tokenize(""));
        Assert.Empty(Tokenize(" \n\u200B😀"));
    }

    [Fact]
    public void ALongTextHasTheWordsOfItsSentences()
    {
        const string Sentence = "日本語で、東京のテストを使う。";
        const int Times = 300;

        var tokens = Tokenize(string.Concat(Enumerable.Repeat(Sentence, Times)));

        var expected = Tokenize(Sentence);
        Assert.Equal(expected.Length * Times, tokens.Length);
        Assert.All(tokens.Select((token, i) => (token, i)), t =>
        {
            var (sentence, word) = Math.DivRem(t.i, expected.Length);
            Assert.Equal((expected[word].Id, expected[word].Start + (sentence * Sentence.Length)), (t.token.Id, t.token.Start));
        });
    }

    [Fact]
    public void ATextWithoutAnyBreakIsCut()
    {
        var tokens = Tokenize(new string('ア', 5000));

        Assert.Equal((0, 5000), (tokens[0].Start, tokens[^1].End));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PlacesAreInsideTheTextAndDoNotOverlap_WhateverTheText(bool searchMode)
    {
        string[] parts = ["日本語", "関西国際空港", "カタカナ", "ﾊﾝｶｸ", "が", "。", " ", "\u3000", "\n", "[MASK]", "[", "abc", "１２", "檸檬", "Ð", "😀", "\uD83D", "\0", "\uFFFF"];
        var tokenizer = Create(Words, lower: false, searchMode);
        var texts = Gen.OneOf(Gen.Int[0, parts.Length - 1].Select(i => parts[i]), Gen.Char.Select(c => $"{c}"), Gen.Int[1, 600].Select(n => new string('一', n)))
            .Array[0, 80].Select(string.Concat);

        texts.Sample(text =>
        {
            using var tokens = new TokenList();
            tokenizer.Tokenize(text, int.MaxValue, tokens);
            var (word, end) = (-1, 0);
            foreach (var token in tokens.Tokens)
            {
                if (token.Word != word)
                    Assert.InRange(token.Start, end, text.Length - 1);
                Assert.InRange(token.End, token.Start + 1, text.Length);
                Assert.InRange(token.Word, Math.Max(word, 0), word + 1);
                (word, end) = (token.Word, token.End);
            }
        });
    }

    [Fact]
    public void ManyThreadsGetTheSameTokens()
    {
        const string Text = "日本語で、Elasticsearchの東京[MASK]テスト。国立国会図書館の自然言語処理。";
        var tokenizer = Create(Words, lower: false, searchMode: true);
        var expected = Tokenize(Text, searchMode: true);

        Parallel.For(0, 2000, new() { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            using var tokens = new TokenList();
            tokenizer.Tokenize(Text, int.MaxValue, tokens);
            Assert.Equal(expected, tokens.Tokens.ToArray());
        });
    }

    private static string[] Spell(string text, bool lower = false, bool searchMode = false, Vocabulary? vocabulary = null)
    {
        var tokens = Tokenize(text, lower, searchMode, vocabulary);
        return [.. tokens.GroupBy(t => t.Word).Select(word => string.Join(' ', word.Select(t => (vocabulary ?? Words).Tokens[t.Id])))];
    }

    private static Token[] Tokenize(string text, bool lower = false, bool searchMode = false, Vocabulary? vocabulary = null)
    {
        using var tokens = new TokenList();
        Create(vocabulary ?? Words, lower, searchMode).Tokenize(text, int.MaxValue, tokens);
        return tokens.Tokens.ToArray();
    }

    private static Tokenizer Create(Vocabulary vocabulary, bool lower, bool searchMode) =>
        Tokenizer.Create("model-1", new(TokenizerKind.BertJapanese, lower), vocabulary, new() { JapaneseSearchMode = searchMode });
}
