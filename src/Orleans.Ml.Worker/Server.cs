using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;
using TorchSharp;

namespace Orleans.Ml.Worker;

/// <summary>
/// Serves one model to one node. The main thread only reads the control connection: when that ends, the process ends, whatever its allocations
/// are doing. Loading and serving happen on the allocations' threads.
/// </summary>
internal sealed class Server(WorkerArguments arguments) : IDisposable
{
    private readonly Socket _control = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _requests = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _replies = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private volatile AllocationThreads? _allocations;
    private long _runtimeBytes;

    /// <summary>Runs until the node closes the control connection, and ends the process.</summary>
    public void Run()
    {
        ProcessLimits.DieWith(arguments.ParentId);
        ProcessLimits.LeaveTerminal();
        ProcessLimits.CloseStandardStreams();
        ProcessLimits.PreferForOutOfMemoryKill();
        if (arguments.IsLowPriority)
            ProcessLimits.LowerPriority();
        var node = new UnixDomainSocketEndPoint(arguments.Socket);
        _control.Connect(node);
        _requests.Connect(node);
        _replies.Connect(node);
        new Thread(LoadAndServe, ProcessLimits.AllocationStackBytes) { IsBackground = true, Name = "allocation 0" }.Start();
        while (ReceiveControl() is { } frame)
            Obey(frame);
        ProcessLimits.Exit(ExitCodes.Done);
    }

    public void Dispose()
    {
        _control.Dispose();
        _requests.Dispose();
        _replies.Dispose();
    }

    private void LoadAndServe()
    {
        try
        {
            LibTorchCompatibility.Load(AppContext.BaseDirectory);
            LibTorchCompatibility.TurnOffProfiling(AppContext.BaseDirectory);
            ProcessLimits.ForbidFiles();
            _runtimeBytes = ProcessMemory.Read().DataBytes;
            ProcessLimits.LimitMemory(arguments.MemoryLimitBytes, _runtimeBytes, arguments.Allocations, arguments.ThreadsPerAllocation);
            torch.set_num_interop_threads(1);
            torch.set_num_threads(arguments.ThreadsPerAllocation);
            using var guard = torch.inference_mode();
            var module = ModelLoader.Load(
                arguments.ModelPath, arguments.TensorArguments, arguments.WarmUpTokenId, arguments.MaxLength, arguments.MaxOutputBytes);
            _allocations = new(module, _requests, _replies, arguments);
        }
        catch (Exception exception)
        {
            // Whatever it is, the model cannot be served, and the node wants to know why.
            Send(new(ControlKind.Failed, Text: ModelErrorText.From(exception)));
            return;
        }
        var allocations = _allocations.Set(arguments.Allocations);
        var memory = ProcessMemory.Read();
        Send(new(ControlKind.Ready, allocations, torch.get_num_threads(), memory.ResidentBytes, memory.PeakResidentBytes));
        _allocations.Run();
    }

    private void Obey(in ControlFrame frame)
    {
        switch (frame.Kind)
        {
            case ControlKind.SetAllocations when _allocations is { } allocations && frame.Allocations > 0:
                ProcessLimits.LimitMemory(arguments.MemoryLimitBytes, _runtimeBytes, frame.Allocations, arguments.ThreadsPerAllocation);
                Send(new(ControlKind.Allocations, allocations.Set(frame.Allocations)));
                break;
            case ControlKind.GetMemory:
                var memory = ProcessMemory.Read();
                Send(new(ControlKind.Memory, ResidentBytes: memory.ResidentBytes, PeakResidentBytes: memory.PeakResidentBytes));
                break;
            default:
                throw new ProtocolException($"unexpected control frame: {frame.Kind}");
        }
    }

    private ControlFrame? ReceiveControl()
    {
        Span<byte> header = stackalloc byte[ControlFrame.HeaderSize];
        if (!_control.TryReceiveExactly(header))
            return null;
        var text = new byte[ControlFrame.ReadTextBytes(header)];
        return _control.TryReceiveExactly(text) ? ControlFrame.Read(header, text) : null;
    }

    private void Send(in ControlFrame frame) => _control.SendFrame(frame.ToBytes(), []);
}
