using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Tests.Protocol;

public sealed class WorkerArgumentsTests
{
    private static readonly WorkerArguments Arguments = new(
        "--odd id", "/tmp/s", 42, "/models/a b.pt", 2, 4, IsLowPriority: true, 3, WarmUpTokenId: 30_000_000_000, 512, 1L << 40, 64 << 20);

    [Fact]
    public void AreReadAsTheyWereWritten() => Assert.Equal(Arguments, WorkerArguments.Parse(Arguments.ToCommandLine()));

    [Fact]
    public void AreRefused_WhenOneIsMissing()
    {
        var commandLine = Arguments.ToCommandLine();
        for (var pair = 1; pair < commandLine.Count; pair += 2)
        {
            var name = commandLine[pair];

            string[] without = [.. commandLine.Where((_, at) => at != pair && at != pair + 1)];
            var refused = Assert.Throws<ProtocolException>(() => WorkerArguments.Parse(without));

            Assert.Equal($"[{name}] is missing", refused.Message);
        }
    }

    [Fact]
    public void AreRefused_WhenTheNodeIsOfAnotherBuild()
    {
        string[] commandLine = [.. Arguments.ToCommandLine()];
        commandLine[2] = "999";

        var refused = Assert.Throws<ProtocolException>(() => WorkerArguments.Parse(commandLine));

        Assert.Contains("protocol version 999", refused.Message, StringComparison.Ordinal);
    }
}
