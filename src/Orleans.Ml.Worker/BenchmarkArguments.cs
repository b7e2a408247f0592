using System.Globalization;

namespace Orleans.Ml.Worker;

/// <summary>What is measured: <c>benchmark --model PATH --length N --allocations N --threads N --seconds S --arguments N</c>.</summary>
internal sealed record BenchmarkArguments(string ModelPath, int Length, int Allocations, int Threads, double Seconds, int TensorArguments)
{
    /// <summary>The first argument.</summary>
    public const string Command = "benchmark";

    /// <summary>Reads a command line; everything but the model has a default.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public static BenchmarkArguments Parse(IReadOnlyList<string> commandLine)
    {
        var parsed = new BenchmarkArguments("", 128, 1, 1, 10, 4);
        for (var index = 1; index + 1 < commandLine.Count; index += 2)
        {
            var value = commandLine[index + 1];
            parsed = commandLine[index] switch
            {
                "--model" => parsed with { ModelPath = value },
                "--length" => parsed with { Length = AtLeastOne(value) },
                "--allocations" => parsed with { Allocations = AtLeastOne(value) },
                "--threads" => parsed with { Threads = AtLeastOne(value) },
                "--seconds" => parsed with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--arguments" => parsed with { TensorArguments = AtLeastOne(value) },
                var name => throw new FormatException($"unknown option [{name}]"),
            };
        }
        return parsed.ModelPath.Length > 0 && commandLine.Count % 2 == 1
            ? parsed : throw new FormatException("expected [--model PATH] and pairs of name and value");
    }

    private static int AtLeastOne(string value) =>
        int.Parse(value, CultureInfo.InvariantCulture) is > 0 and var number ? number : throw new FormatException($"[{value}] must be at least 1");
}
