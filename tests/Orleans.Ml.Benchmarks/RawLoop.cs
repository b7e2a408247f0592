using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>The worker's own load and forward in a loop, without a server.</summary>
internal static class RawLoop
{
    public static async Task<LoadResult> RunAsync(string model, int length, int allocations, TimeSpan duration)
    {
        var start = new ProcessStartInfo(Path.Combine(Path.GetDirectoryName(MlServer.Executable)!, "worker", "Orleans.Ml.Worker"))
        {
            RedirectStandardOutput = true,
        };
        string[] arguments =
        [
            "benchmark", "--model", model, "--length", length.ToString(CultureInfo.InvariantCulture), "--allocations", allocations.ToString(CultureInfo.InvariantCulture),
            "--threads", "1", "--seconds", duration.TotalSeconds.ToString(CultureInfo.InvariantCulture), "--arguments", "4",
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var result = JsonNode.Parse(line.Trim().Split('\n')[^1])!;
        return new(result["forwards_per_second"]!.GetValue<double>(), result["p50_ms"]!.GetValue<double>(), result["p99_ms"]!.GetValue<double>());
    }
}
