using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Orleans.Ml.Inference.Protocol;
using TorchSharp;

namespace Orleans.Ml.Worker;

/// <summary>
/// The allocations: dedicated threads that take turns reading a request from the socket, run it and write the reply, without a hop to another
/// thread in between. Only as many read as there are allocations; threads above that number are parked.
/// </summary>
internal sealed class AllocationThreads(torch.jit.ScriptModule module, Socket requests, Socket replies, WorkerArguments arguments)
{
    // Buffers of rare, larger requests are not kept.
    private const int MaxKeptValues = 128 * 1024;

    private readonly object _park = new();
    private readonly Lock _receiving = new();
    private readonly Lock _sending = new();
    private volatile int _limit;
    private volatile int _serving;
    // The thread that makes this object is the first allocation: it loaded the model and calls Run.
    private int _started = 1;

    /// <summary>Runs this number of allocations from now on: starts threads or wakes parked ones, or has some park when they are next idle.</summary>
    /// <returns>The number that runs, less when the system refuses more threads.</returns>
    public int Set(int allocations)
    {
        lock (_park)
        {
            for (; _started < allocations; _started++)
            {
                try
                {
                    StartThread();
                }
                catch (OutOfMemoryException)
                {
                    break;
                }
            }
            _limit = Math.Min(allocations, _started);
            Monitor.PulseAll(_park);
            return _limit;
        }
    }

    /// <summary>Makes the calling thread an allocation; ends the process when the node has closed the connection.</summary>
    public void Run()
    {
        torch.set_num_threads(arguments.ThreadsPerAllocation);
        using var guard = torch.inference_mode();
        var forward = new ForwardPass(module, arguments.MaxOutputBytes);
        var values = Array.Empty<long>();
        try
        {
            lock (_park)
                EnterService();
            while (true)
            {
                if (_serving > _limit)
                    Park();
                RequestHeader request;
                lock (_receiving)
                {
                    if (_serving > _limit)
                        continue;
                    if (!TryReceive(out request, ref values))
                        break;
                }
                Answer(forward, request, values);
            }
        }
        catch (Exception exception) when (exception is ProtocolException or SocketException)
        {
            // What is left of the connection cannot be trusted.
            ProcessLimits.Exit(ExitCodes.Protocol);
        }
        ProcessLimits.Exit(ExitCodes.Done);
    }

    private void StartThread() =>
        new Thread(Run, ProcessLimits.AllocationStackBytes) { IsBackground = true, Name = $"allocation {_started}" }.Start();

    private void Park()
    {
        lock (_park)
        {
            if (_serving <= _limit)
                return;
            _serving--;
            EnterService();
        }
    }

    private void EnterService()
    {
        while (_serving >= _limit)
            Monitor.Wait(_park);
        _serving++;
    }

    private bool TryReceive(out RequestHeader request, ref long[] values)
    {
        request = default;
        Span<byte> header = stackalloc byte[RequestHeader.Size];
        if (!requests.TryReceiveExactly(header))
            return false;
        request = RequestHeader.Read(header);
        if (request.Arguments != arguments.TensorArguments)
            throw new ProtocolException($"{request.Arguments} tensors, expected {arguments.TensorArguments}");
        var count = (int)(request.ValueBytes / sizeof(long));
        if (values.Length < count || (values.Length > MaxKeptValues && count <= MaxKeptValues))
            values = GC.AllocateUninitializedArray<long>(count);
        return requests.TryReceiveExactly(MemoryMarshal.AsBytes(values.AsSpan(0, count)));
    }

    private void Answer(ForwardPass forward, RequestHeader request, long[] values)
    {
        using var scope = torch.NewDisposeScope();
        var started = Stopwatch.GetTimestamp();
        ForwardOutput output;
        try
        {
            output = forward.Run(request, values.AsSpan(0, (int)(request.ValueBytes / sizeof(long))));
        }
        catch (Exception exception)
        {
            // Whatever a model makes libtorch or TorchSharp throw is the model's error; the process lives.
            var text = Encoding.UTF8.GetBytes(ModelErrorText.From(exception));
            Send(new(ReplyKind.Error, request.Id, Nanoseconds(started), 0, 0, 0, text.Length), text);
            return;
        }
        Send(new(ReplyKind.Output, request.Id, Nanoseconds(started), output.Batches, output.Rows, output.Columns, output.Bytes.Length), output.Bytes);
    }

    private void Send(in ReplyHeader reply, ReadOnlySpan<byte> body)
    {
        Span<byte> header = stackalloc byte[ReplyHeader.Size];
        reply.Write(header);
        lock (_sending)
            replies.SendFrame(header, body);
    }

    private static long Nanoseconds(long started) => (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds;
}
