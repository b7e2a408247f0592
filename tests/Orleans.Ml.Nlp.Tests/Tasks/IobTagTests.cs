using Orleans.Ml.Nlp.Tasks;

namespace Orleans.Ml.Nlp.Tests.Tasks;

public sealed class IobTagTests
{
    [Theory]
    [InlineData("O", "", false)]
    [InlineData("o", "", false)]
    [InlineData("B-per", "PER", true)]
    [InlineData("b_LOC", "LOC", true)]
    [InlineData("I-MISC", "MISC", false)]
    [InlineData("i_b-x", "B-X", false)]
    public void TagIsClassAndKind(string label, string className, bool isBeginning)
    {
        Assert.Equal([new IobTag(className, isBeginning)], IobTag.ParseAll("model-1", [label]));
    }

    [Theory]
    [InlineData("OTHER")]
    [InlineData("PER")]
    [InlineData("B")]
    [InlineData("B-")]
    [InlineData("")]
    public void LabelIsRefusedByName_WhenItIsNoTag(string label)
    {
        var error = Assert.Throws<MlException>(() => IobTag.ParseAll("model-1", ["O", label]));

        Assert.Equal(MlErrorKind.StateValidation, error.Kind);
        Assert.Contains($"[{label}]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[model-1]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LabelIsRefusedByName_WhenItIsThereTwice()
    {
        var error = Assert.Throws<MlException>(() => IobTag.ParseAll("model-1", ["O", "B-PER", "B-PER"]));

        Assert.Equal(MlErrorKind.StateValidation, error.Kind);
        Assert.Contains("[B-PER]", error.Message, StringComparison.Ordinal);
    }
}
