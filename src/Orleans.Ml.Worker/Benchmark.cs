using System.Diagnostics;
using System.Text.Json;
using Orleans.Ml.Inference.Protocol;
using TorchSharp;

namespace Orleans.Ml.Worker;

/// <summary>
/// The raw loop that the server is measured against: the same loading, the same environment, the same forward, and no server. Every allocation
/// runs forward after forward on one input; what is printed is one line of JSON.
/// </summary>
internal sealed class Benchmark(BenchmarkArguments arguments)
{
    private const int MaxOutputBytes = int.MaxValue;

    // Part of every BERT vocabulary that is not a toy, and no special token.
    private const long TokenId = 1037;

    /// <summary>Loads, measures, and gives the line.</summary>
    public string Run()
    {
        LibTorchCompatibility.Load(AppContext.BaseDirectory);
        LibTorchCompatibility.TurnOffProfiling(AppContext.BaseDirectory);
        torch.set_num_interop_threads(1);
        torch.set_num_threads(arguments.Threads);
        var module = LoadModule();

        using var start = new Barrier(arguments.Allocations + 1);
        var milliseconds = new List<double>[arguments.Allocations];
        var threads = Enumerable.Range(0, arguments.Allocations).Select(index => new Thread(
            () => milliseconds[index] = RunAllocation(module, start), ProcessLimits.AllocationStackBytes)).ToList();
        threads.ForEach(thread => thread.Start());
        start.SignalAndWait();
        var started = Stopwatch.GetTimestamp();
        threads.ForEach(thread => thread.Join());
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        var all = milliseconds.SelectMany(each => each).Order().ToArray();
        return JsonSerializer.Serialize(new
        {
            model = arguments.ModelPath,
            length = arguments.Length,
            allocations = arguments.Allocations,
            threads_per_allocation = arguments.Threads,
            forwards = all.Length,
            forwards_per_second = Math.Round(all.Length / seconds, 2),
            p50_ms = Math.Round(all[all.Length / 2], 3),
            p99_ms = Math.Round(all[all.Length * 99 / 100], 3),
        });
    }

    private torch.jit.ScriptModule LoadModule()
    {
        using var guard = torch.inference_mode();
        return ModelLoader.Load(arguments.ModelPath, arguments.TensorArguments, TokenId, arguments.Length, MaxOutputBytes);
    }

    private List<double> RunAllocation(torch.jit.ScriptModule module, Barrier start)
    {
        torch.set_num_threads(arguments.Threads);
        using var guard = torch.inference_mode();
        var forward = new ForwardPass(module, MaxOutputBytes);
        var request = new RequestHeader(0, 1, arguments.Length, arguments.TensorArguments);
        var values = ModelLoader.WarmUpValues(request, TokenId);
        for (var round = 0; round < 10; round++)
            RunOnce();

        var milliseconds = new List<double>(100_000);
        start.SignalAndWait();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < arguments.Seconds)
        {
            var before = Stopwatch.GetTimestamp();
            RunOnce();
            milliseconds.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        return milliseconds;

        void RunOnce()
        {
            using var scope = torch.NewDisposeScope();
            forward.Run(request, values);
        }
    }
}
