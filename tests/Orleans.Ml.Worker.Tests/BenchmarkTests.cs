using System.Diagnostics;
using System.Text.Json;

namespace Orleans.Ml.Worker.Tests;

public sealed class BenchmarkTests
{
    [Fact]
    public async Task PrintsOneLineOfJson_WithWhatItMeasured()
    {
        var (exitCode, output, _) = await RunAsync(
            "benchmark", "--model", TestWorkers.TinyEmbedding, "--length", "8", "--allocations", "2", "--seconds", "0.2");

        Assert.Equal(0, exitCode);
        using var measured = JsonDocument.Parse(output);
        Assert.Equal(2, measured.RootElement.GetProperty("allocations").GetInt32());
        Assert.InRange(measured.RootElement.GetProperty("forwards_per_second").GetDouble(), 1, double.MaxValue);
        Assert.InRange(measured.RootElement.GetProperty("p50_ms").GetDouble(), 0.001, measured.RootElement.GetProperty("p99_ms").GetDouble());
    }

    [Theory]
    [InlineData("expected [serve]")]
    [InlineData("expected [--model PATH]", "benchmark")]
    [InlineData("unknown option [--color]", "benchmark", "--model", "m", "--color", "red")]
    [InlineData("[0] must be at least 1", "benchmark", "--model", "m", "--length", "0")]
    public async Task SaysWhatItExpects_WhenTheCommandLineMakesNoSense(string expected, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);

        Assert.Equal(64, exitCode);
        Assert.StartsWith(expected, errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "worker", "Orleans.Ml.Worker"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
