using System.Globalization;
using System.Text;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

public sealed class FoldingTests
{
    [Fact]
    public void EveryUnitFoldsToWhatTheFrameworkNormalizesItTo()
    {
        Assert.SkipWhen("é".Normalize(NormalizationForm.FormD).Length == 1, "no ICU here: string.Normalize does nothing");
        Span<char> folded = stackalloc char[Folding.MaxGrowth];
        for (var unit = '\0'; unit < char.MaxValue; unit++)
        {
            // The framework normalizes neither lone surrogates nor noncharacters.
            if (char.IsSurrogate(unit) || unit is >= '\uFDD0' and <= '\uFDEF' or '\uFFFE')
                continue;

            var length = Folding.Fold([unit], folded);

            var expected = $"{unit}".Normalize(NormalizationForm.FormD)
                .Where(part => CharUnicodeInfo.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark).Select(Folding.Lower);
            Assert.True(expected.SequenceEqual(folded[..length].ToArray()), $"U+{(int)unit:X4}");
        }
    }

    [Theory]
    [InlineData("É", "e")]
    [InlineData("\u0130", "i")]
    [InlineData("Å", "a")]
    [InlineData("\u0301", "")]
    [InlineData("한", "\u1112\u1161\u11AB")]
    [InlineData("가", "\u1100\u1161")]
    [InlineData("ẞ", "ß")]
    [InlineData("ŁØ", "łø")]
    [InlineData("\0\uFFFE\uFFFF", "\0\uFFFE\uFFFF")]
    [InlineData("\u01C5", "\u01C6")]
    public void FoldingNeedsNoIcu(string word, string expected)
    {
        Span<char> folded = stackalloc char[word.Length * Folding.MaxGrowth];

        Assert.Equal(expected, folded[..Folding.Fold(word, folded)].ToString());
    }
}
