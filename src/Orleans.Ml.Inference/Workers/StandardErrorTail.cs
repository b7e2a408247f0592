using System.Text;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Inference.Workers;

/// <summary>
/// Drains a process' standard error and keeps its last 64 KB, in which a dying process says why. A thread of its own: a read from a pipe blocks,
/// and the thread pool is not for that.
/// </summary>
internal sealed class StandardErrorTail
{
    private const int Capacity = 64 * 1024;
    private const int ReasonLength = 500;
    private const int ReasonLines = 3;

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _tail = [];
    private int _length;

    public StandardErrorTail(Stream stream, string name)
    {
        new Thread(() => Drain(stream), maxStackSize: 256 * 1024) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Ends when nothing more can come.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What the process last complained about, as one clean line; empty when it said nothing.</summary>
    public string FindReason()
    {
        string text;
        lock (_gate)
            text = Encoding.UTF8.GetString(_tail, 0, _length);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(IsTelling).ToArray();
        var at = Array.FindLastIndex(lines, line => line.StartsWith("what():", StringComparison.Ordinal));
        if (at < 0)
            at = Array.FindLastIndex(lines, line => line.StartsWith("Unhandled exception.", StringComparison.Ordinal) || line == "Stack overflow.");
        return ReasonText.Clean(string.Join(' ', at < 0 ? lines.TakeLast(ReasonLines) : lines.Skip(at).Take(ReasonLines)), ReasonLength);
    }

    // Stack frames of .NET and of libtorch, and libtorch's warnings, are never the reason.
    private static bool IsTelling(string line) =>
        !line.StartsWith("at ", StringComparison.Ordinal)
        && !line.StartsWith("frame #", StringComparison.Ordinal)
        && !line.StartsWith("[W", StringComparison.Ordinal);

    private void Drain(Stream stream)
    {
        try
        {
            var buffer = new byte[4096];
            while (stream.Read(buffer) is > 0 and var count)
                Keep(buffer.AsSpan(0, count));
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The pipe is closed: nothing more can come.
        }
        finally
        {
            // The process object leaves a stream to whoever has asked for it.
            stream.Dispose();
            _ended.SetResult();
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_length + bytes.Length > _tail.Length && _tail.Length < Capacity)
                Array.Resize(ref _tail, Math.Min(Capacity, Math.Max(_tail.Length * 2, 4096)));
            var excess = _length + bytes.Length - _tail.Length;
            if (excess > 0)
            {
                _tail.AsSpan(excess, _length - excess).CopyTo(_tail);
                _length -= excess;
            }
            bytes.CopyTo(_tail.AsSpan(_length));
            _length += bytes.Length;
        }
    }
}
