using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Docker;

/// <summary>The images' recipe, as far as it can be checked without Docker.</summary>
public sealed class DockerfileTests
{
    [Fact]
    public void CopiesWhatIsThere_AndLetsTheBuilderSeeIt()
    {
        var copied = Dockerfile.Ours.Stages.Values.SelectMany(stage => stage)
            .Where(instruction => instruction.StartsWith("COPY ", StringComparison.Ordinal) && !instruction.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(instruction => instruction.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1])
            .Select(path => path.TrimEnd('/')).ToList();
        var seen = File.ReadAllLines(Path.Combine(TestModels.Repository, ".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]);

        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(TestModels.Repository, path)), path));
        Assert.Equal(copied.Order(), seen.Order());
    }

    [Theory]
    [InlineData("silo", "Orleans.Ml.Silo.dll")]
    [InlineData("web", "Orleans.Ml.Web.dll")]
    public void RunsTheProgramItselfAsAnotherUserThanRoot(string image, string program)
    {
        var instructions = Dockerfile.Ours.Of(image).ToList();

        // A shell in between would keep SIGTERM to itself.
        Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{program}\"]", instructions);
        Assert.Equal("USER $APP_UID", instructions.Last(instruction => instruction.StartsWith("USER ", StringComparison.Ordinal)));
        Assert.Contains(instructions, instruction => instruction.StartsWith("HEALTHCHECK ", StringComparison.Ordinal) && instruction.Contains("/readyz", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("web")]
    public void SetsOnlyWhatTheProgramReads(string image) => ProgramOptions.Of(image).AssertKnown([], Dockerfile.Ours.Environment(image).Keys);

    [Theory]
    [InlineData("silo")]
    [InlineData("web")]
    public void HoldsWhatTheScriptPublishes(string image)
    {
        var instructions = Dockerfile.Ours.Stages[$"publish-{image}"].Concat(Dockerfile.Ours.Stages[image]).ToList();

        Assert.Contains(instructions, instruction => instruction.Contains($"infra/docker/publish {image} /publish/{image}", StringComparison.Ordinal));
        Assert.Contains($"COPY --from=publish-{image} /publish/{image}/ ./", instructions);
    }
}
