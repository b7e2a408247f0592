using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Worker.Tests;

/// <summary>
/// A worker process that misbehaves as its model's file name says. It is this test program itself, under the worker's name in a folder of its own:
/// started with <c>serve</c> it never gets to its tests.
/// </summary>
internal static class FakeWorker
{
    public const string DiesAtStart = "/fake/dies-at-start";
    public const string ConnectsOnce = "/fake/connects-once";
    public const string ConnectsNever = "/fake/connects-never";
    public const string Refuses = "/fake/refuses";
    public const string DiesBeforeReady = "/fake/dies-before-ready";
    public const string SendsGarbage = "/fake/sends-garbage";
    public const string SendsGarbageControl = "/fake/sends-garbage-control";
    public const string NeverAnswers = "/fake/never-answers";

    /// <summary>Starts this program as the parent of a real worker; it prints the worker's id and then only waits.</summary>
    private const string Parent = "parent";

    /// <summary>The folder where a supervisor finds the fake.</summary>
    public static string Folder { get; } = CreateFolder();

    public static Process StartParent(string modelPath)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Parent, modelPath]) { RedirectStandardOutput = true };
        // It is killed, and would leave the debugger's pipes behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(start)!;
    }

#pragma warning disable CA2255 // The one place that runs in front of the test runner's own entry point.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void RunInsteadOfTests()
    {
        switch (Environment.GetCommandLineArgs())
        {
            case [_, WorkerArguments.Command, ..] arguments:
                Environment.Exit(Serve(WorkerArguments.Parse(arguments[1..])));
                break;
            case [_, Parent, var modelPath]:
                BeParent(modelPath);
                break;
        }
    }

    private static string CreateFolder()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "fake-worker");
        Directory.CreateDirectory(folder);
        var executable = Path.Combine(folder, "Orleans.Ml.Worker");
        if (!File.Exists(executable))
            File.CreateSymbolicLink(executable, Environment.ProcessPath!);
        return folder;
    }

    private static int Serve(WorkerArguments arguments)
    {
        if (arguments.ModelPath == DiesAtStart)
            return Die("what():  no such thing");
        if (arguments.ModelPath == ConnectsNever)
            return WaitForEnd();
        var control = Connect(arguments);
        if (arguments.ModelPath == ConnectsOnce)
            return WaitForEnd();
        var requests = Connect(arguments);
        var replies = Connect(arguments);
        switch (arguments.ModelPath)
        {
            case Refuses:
                control.SendFrame(new ControlFrame(ControlKind.Failed, Text: "not a model").ToBytes(), []);
                return WaitForEnd();
            case DiesBeforeReady:
                return Die("Unhandled exception. of some kind\n   at Some.Method()");
        }
        control.SendFrame(new ControlFrame(ControlKind.Ready, arguments.Allocations, arguments.ThreadsPerAllocation).ToBytes(), []);
        if (arguments.ModelPath == SendsGarbageControl)
            control.SendFrame("?????????????????????????????????????????"u8, []);
        Span<byte> header = stackalloc byte[RequestHeader.Size];
        requests.TryReceiveExactly(header);
        if (arguments.ModelPath == SendsGarbage)
            replies.SendFrame("?????????????????????????????????????????"u8, []);
        return WaitForEnd();
    }

    private static Socket Connect(WorkerArguments arguments)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(arguments.Socket));
        return socket;
    }

#pragma warning disable RS0030 // A process that has no test runner around it.
    private static int Die(string lastWords)
    {
        Console.Error.WriteLine(lastWords);
        return 3;
    }

    private static int WaitForEnd()
    {
        new ManualResetEventSlim().Wait();
        return 0;
    }

    // Nothing of this module may run on another thread while its initializer does: hence no observer.
    private static void BeParent(string modelPath)
    {
        using var launcher = new ProcessLauncher();
        var worker = WorkerProcess.StartAsync(
            TestWorkers.Settings(modelPath), new WorkerOptions(), launcher, TimeProvider.System, CancellationToken.None).GetAwaiter().GetResult();
        worker.Control!.Loaded.GetAwaiter().GetResult();
        Console.Out.WriteLine(worker.Id);
        WaitForEnd();
    }
#pragma warning restore RS0030
}
