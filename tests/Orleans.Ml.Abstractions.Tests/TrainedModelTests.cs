using Orleans.Ml.Models;

namespace Orleans.Ml.Abstractions.Tests;

/// <summary>Rule: models-nlp-ingest-security.md §1.2.</summary>
public sealed class TrainedModelTests
{
    [Fact]
    public void HasNoProblem_WhenAllPartsAreThere() => Assert.Null(Model(Part(0, 60), Part(1, 40)).FindDefinitionProblem());

    [Fact]
    public void IsNotFound_WhenNoPartWasUploaded()
    {
        var problem = Model().FindDefinitionProblem()!;

        Assert.Equal(MlErrorKind.NotFound, problem.Kind);
        Assert.Contains("definition of trained model [m]", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesBothPartsAndValues_WhenTheyDisagreeAboutTheWhole()
    {
        var problem = Model(Part(0, 60), Part(1, 40, total: 101)).FindDefinitionProblem()!;

        Assert.Equal(MlErrorKind.BadRequest, problem.Kind);
        Assert.Contains("[total_definition_length]", problem.Message, StringComparison.Ordinal);
        Assert.Contains("part [0] has [100], part [1] has [101]", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(39)]
    [InlineData(41)]
    public void IsTruncated_WhenThePartsDoNotAddUp(long last)
    {
        var problem = Model(Part(0, 60), Part(1, last)).FindDefinitionProblem()!;

        Assert.Equal(MlErrorKind.BadRequest, problem.Kind);
        Assert.Contains($"truncated: its [2] parts hold [{60 + last}] bytes, [total_definition_length] is [100]", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    public void IsNotWhole_WhenANumberIsMissingAlthoughTheLengthFits(int first, int second)
    {
        var problem = Model(Part(first, 60), Part(second, 40)).FindDefinitionProblem()!;

        Assert.Equal(MlErrorKind.BadRequest, problem.Kind);
        Assert.Contains("not numbered 0 to 1", problem.Message, StringComparison.Ordinal);
    }

    private static DefinitionPart Part(int number, long length, long total = 100) => new(number, 2, length, total, $"part-{number}");

    private static TrainedModel Model(params DefinitionPart[] parts) => new(
        new TrainedModelConfig("m", "1", null, [], null, ["input"], new PassThroughConfig(new Tokenization(), null), DateTimeOffset.UnixEpoch, 0, 0, null, null, 0, 0),
        [.. parts], null);
}
