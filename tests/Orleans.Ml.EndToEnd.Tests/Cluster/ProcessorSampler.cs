using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>
/// Counts, many times a second, the threads with which the workers of each node serve normal deployments, as the kernel shows them. Nothing of our own
/// bookkeeping is asked: a node is whose process started the worker, an allocation is a thread of that name, and the worker's arguments tell the rest.
/// </summary>
internal sealed class ProcessorSampler : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private readonly ThreeNodes _cluster;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<int, string> _lives = [];
    private readonly Task _running;

    public ProcessorSampler(ThreeNodes cluster)
    {
        _cluster = cluster;
        _running = RunAsync();
    }

    public int Samples { get; private set; }

    /// <summary>The most threads that a node had at one moment.</summary>
    public int Most { get; private set; }

    /// <summary>Moments at which a node had more threads than processors.</summary>
    public ConcurrentQueue<string> Oversubscriptions { get; } = [];

    /// <summary>The workers of all nodes and of all their former lives that exist now.</summary>
    public static IEnumerable<WorkerThreads> Workers() => ProcFs.WithCommandLine("Orleans.Ml.Worker serve").Select(WorkerThreads.Read).OfType<WorkerThreads>();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // It was asked to end; anything else is a failure of the count and must be seen.
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
            Sample();
    }

    private void Sample()
    {
        foreach (var node in _cluster.Nodes)
            _lives[node.Server.ProcessId] = node.Name;
        var byNode = Workers().Where(w => !w.IsLowPriority && _lives.ContainsKey(w.ParentId)).GroupBy(w => _lives[w.ParentId]);
        foreach (var workers in byNode)
        {
            var threads = workers.Sum(w => w.Threads);
            Most = Math.Max(Most, threads);
            if (threads > _cluster.Processors)
                Oversubscriptions.Enqueue($"{workers.Key} has {threads} threads on {_cluster.Processors} processors: {string.Join(", ", workers)}");
        }

        Samples++;
    }
}

/// <summary>A worker process as the kernel shows it.</summary>
internal sealed record WorkerThreads(int ProcessId, int ParentId, string DeploymentId, int Allocations, int ThreadsPerAllocation, bool IsLowPriority)
{
    public int Threads => Allocations * ThreadsPerAllocation;

    /// <summary>Null when it has just ended.</summary>
    public static WorkerThreads? Read(int processId)
    {
        var arguments = ProcFs.CommandLine(processId).Split(' ');
        // Each once: a thread that an allocation has just started, such as the compiler's, bears its name until it has its own.
        var names = ProcFs.ThreadNames(processId).Distinct().ToList();
        if (!arguments.Contains("serve") || names.Count == 0 || !ProcFs.Exists(processId))
            return null;
        return new(processId, Number("--parent"), Value("--deployment"),
            Math.Max(1, names.Count(n => n.StartsWith("allocation ", StringComparison.Ordinal))), Number("--threads"), Value("--priority") == "low");

        string Value(string name) => arguments[Array.IndexOf(arguments, name) + 1];
        int Number(string name) => int.Parse(Value(name), CultureInfo.InvariantCulture);
    }
}
