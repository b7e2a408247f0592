using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tests.Tokenization;

/// <summary>The table of overrides of models-nlp-ingest-security.md §2.4, and what settings may not say.</summary>
public sealed class TokenizationRulesTests
{
    private static readonly Models.Tokenization Cutting = Given.Bert(max: 100);
    private static readonly Models.Tokenization Windowed = Given.Bert(max: 100, truncate: Truncate.None, span: 10);

    [Fact]
    public void NothingChanges_WhenNothingIsGiven()
    {
        Assert.Equal(Windowed, Windowed.With(Given.Update(), "any", allowsSpan: true));
        Assert.Same(Windowed, Windowed.With(null, "any", allowsSpan: true));
    }

    [Theory]
    [InlineData(Truncate.First)]
    [InlineData(Truncate.Second)]
    [InlineData(Truncate.Balanced)]
    public void SpanIsReset_WhenTruncateIsGiven(Truncate truncate)
    {
        Assert.Equal(Windowed with { Truncate = truncate, Span = -1 }, Windowed.With(Given.Update(truncate), "any", allowsSpan: true));
    }

    [Fact]
    public void SpanIsTheGivenOne_WhenTruncateNoneIsGiven()
    {
        Assert.Equal(Cutting with { Truncate = Truncate.None, Span = 5 }, Cutting.With(Given.Update(Truncate.None, 5), "any", allowsSpan: true));
    }

    [Fact]
    public void SpanIsTheStoredOne_WhenTruncateNoneIsGivenAlone()
    {
        Assert.Equal(Windowed, Windowed.With(Given.Update(Truncate.None), "any", allowsSpan: true));
    }

    [Fact]
    public void SpanAloneIsTaken_WhenTheStoredTruncateIsNone()
    {
        Assert.Equal(Windowed with { Span = 20 }, Windowed.With(Given.Update(span: 20), "any", allowsSpan: true));
    }

    [Fact]
    public void SpanAloneIsRefused_WhenTheStoredTruncateCuts()
    {
        AssertIllegal(() => Cutting.With(Given.Update(span: 5), "any", allowsSpan: true), "span", "truncate", "first", "[5]");
    }

    [Fact]
    public void SpanIsRefused_WhenTheGivenTruncateCuts()
    {
        AssertIllegal(() => Windowed.With(Given.Update(Truncate.Balanced, 5), "any", allowsSpan: true), "span", "truncate", "balanced", "[5]");
    }

    [Fact]
    public void SpanIsRefused_WhenTheTaskHasNoWindows()
    {
        AssertIllegal(() => Cutting.With(Given.Update(Truncate.None, 5), "ner", allowsSpan: false), "span", "ner", "[5]");
    }

    [Fact]
    public void NoSpanMayBeSaid_WhenTheTaskHasNoWindows()
    {
        Assert.Equal(Cutting with { Truncate = Truncate.None }, Cutting.With(Given.Update(Truncate.None, -1), "ner", allowsSpan: false));
    }

    [Theory]
    [InlineData(97, true)]
    [InlineData(98, false)]
    [InlineData(100, false)]
    [InlineData(int.MaxValue, false)]
    [InlineData(-2, false)]
    public void SpanMustBeLessThanAWindow(int span, bool isAllowed)
    {
        if (isAllowed)
            Assert.Equal(span, Windowed.With(Given.Update(span: span), "any", allowsSpan: true).Span);
        else
            AssertIllegal(() => Windowed.With(Given.Update(span: span), "any", allowsSpan: true), "span", $"[{span}]");
    }

    [Fact]
    public void OtherTokenizerIsRefusedNamingBoth()
    {
        var error = Assert.Throws<MlException>(() => Cutting.With(new((TokenizerKind)7, null, null), "any", allowsSpan: true));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[bert]", error.Message, StringComparison.Ordinal);
        Assert.Contains("7]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, true, true)]
    [InlineData(1, true, false)]
    [InlineData(1, false, true)]
    [InlineData(0, false, false)]
    public void SpecialTokensMustFit(int max, bool special, bool isAllowed)
    {
        var settings = Given.Bert(special: special, max: max);

        if (isAllowed)
            settings.Validate("any", allowsSpan: false);
        else
            AssertIllegal(() => settings.Validate("any", allowsSpan: false), "max_sequence_length", $"[{max}]");
    }

    private static void AssertIllegal(Action act, params string[] mentions)
    {
        var error = Assert.Throws<MlException>(act);
        Assert.Equal(MlErrorKind.IllegalArgument, error.Kind);
        Assert.All(mentions, mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
    }
}
