using System.Diagnostics;
using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Worker;

#pragma warning disable RS0030 // The program's own standard streams: the node reads the last lines of errors, a person reads a benchmark.

try
{
    switch (args)
    {
        case [WorkerArguments.Command, ..]:
            using (var server = new Server(WorkerArguments.Parse(args)))
                server.Run();
            return ExitCodes.Done;
        case [BenchmarkArguments.Command, ..]:
            return RunBenchmark();
        default:
            throw new FormatException($"expected [{WorkerArguments.Command}], which a node starts, or [{BenchmarkArguments.Command} --model PATH]");
    }
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitCodes.Usage;
}
catch (Exception exception) when (exception is ProtocolException or SocketException)
{
    Console.Error.WriteLine(exception.Message);
    // At once: the allocations may be in the middle of a forward.
    ProcessLimits.Exit(ExitCodes.Protocol);
    return ExitCodes.Protocol;
}

// The environment of a worker counts from the first instruction on, so the benchmark starts itself again in one.
int RunBenchmark()
{
    var arguments = BenchmarkArguments.Parse(args);
    if (Environment.GetEnvironmentVariable(WorkerEnvironment.Marker) is not null)
    {
        Console.Out.WriteLine(new Benchmark(arguments).Run());
        return ExitCodes.Done;
    }
    var again = new ProcessStartInfo(Environment.ProcessPath!, args);
    WorkerEnvironment.Apply(again.Environment, arguments.Threads);
    using var process = Process.Start(again)!;
    process.WaitForExit();
    return process.ExitCode;
}
