using System.Globalization;
using System.Numerics;

namespace Orleans.Ml.Inference.Protocol;

/// <summary>
/// What a worker process is told on its command line, readable in a process list: <c>serve --name value…</c>, every name once.
/// </summary>
/// <param name="DeploymentId">For whoever reads the process list.</param>
/// <param name="Socket">Path of the socket the node listens on; the worker connects twice, first for control, then for requests.</param>
/// <param name="ParentId">Process id of the node: the worker ends when it has another parent.</param>
/// <param name="ModelPath">The TorchScript archive.</param>
/// <param name="Allocations">Concurrent forward passes.</param>
/// <param name="ThreadsPerAllocation">Threads of each.</param>
/// <param name="IsLowPriority">Nice 15.</param>
/// <param name="TensorArguments">How many tensors the tokenizer supplies.</param>
/// <param name="WarmUpTokenId">A token id that is surely in the vocabulary.</param>
/// <param name="MaxLength">Most tokens of a row.</param>
/// <param name="MemoryLimitBytes">Most memory the process may allocate; 0 for no limit.</param>
/// <param name="MaxOutputBytes">Most bytes of one answer.</param>
internal sealed record WorkerArguments(
    string DeploymentId,
    string Socket,
    int ParentId,
    string ModelPath,
    int Allocations,
    int ThreadsPerAllocation,
    bool IsLowPriority,
    int TensorArguments,
    long WarmUpTokenId,
    int MaxLength,
    long MemoryLimitBytes,
    int MaxOutputBytes)
{
    /// <summary>The first argument.</summary>
    public const string Command = "serve";

    /// <summary>Changes with the frames and with these arguments, so that a worker of another build says so instead of guessing.</summary>
    private const int ProtocolVersion = 1;

    /// <summary>The command line.</summary>
    public IReadOnlyList<string> ToCommandLine() =>
    [
        Command,
        "--protocol", Text(ProtocolVersion),
        "--deployment", DeploymentId,
        "--socket", Socket,
        "--parent", Text(ParentId),
        "--model", ModelPath,
        "--allocations", Text(Allocations),
        "--threads", Text(ThreadsPerAllocation),
        "--priority", IsLowPriority ? "low" : "normal",
        "--arguments", Text(TensorArguments),
        "--warm-up-token", Text(WarmUpTokenId),
        "--max-length", Text(MaxLength),
        "--memory-limit", Text(MemoryLimitBytes),
        "--max-output", Text(MaxOutputBytes),
    ];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ProtocolException">Something is missing, or it is of another version.</exception>
    public static WorkerArguments Parse(IReadOnlyList<string> commandLine)
    {
        if (commandLine.Count == 0 || commandLine[0] != Command || commandLine.Count % 2 == 0)
            throw new ProtocolException($"expected [{Command} --name value ...]");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var index = 1; index < commandLine.Count; index += 2)
            values[commandLine[index]] = commandLine[index + 1];

        var version = Number<int>("--protocol");
        if (version != ProtocolVersion)
            throw new ProtocolException($"the node speaks protocol version {version}, this worker {ProtocolVersion}: they are of different builds");
        return new(
            Value("--deployment"), Value("--socket"), Number<int>("--parent"), Value("--model"),
            Number<int>("--allocations"), Number<int>("--threads"), Value("--priority") == "low",
            Number<int>("--arguments"), Number<long>("--warm-up-token"), Number<int>("--max-length"),
            Number<long>("--memory-limit"), Number<int>("--max-output"));

        string Value(string name) => values.TryGetValue(name, out var value) ? value : throw new ProtocolException($"[{name}] is missing");
        T Number<T>(string name) where T : INumberBase<T> => T.TryParse(Value(name), CultureInfo.InvariantCulture, out var number)
            ? number : throw new ProtocolException($"[{name}] must be a number, was [{Value(name)}]");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
