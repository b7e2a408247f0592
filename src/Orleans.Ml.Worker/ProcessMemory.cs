using System.Buffers.Text;

namespace Orleans.Ml.Worker;

/// <summary>Memory of this process, in bytes, from <c>/proc/self/status</c>.</summary>
internal readonly record struct ProcessMemory(long ResidentBytes, long PeakResidentBytes, long DataBytes)
{
    public static ProcessMemory Read()
    {
        var status = File.ReadAllBytes("/proc/self/status");
        return new(Field(status, "VmRSS:"u8), Field(status, "VmHWM:"u8), Field(status, "VmData:"u8));
    }

    // "VmRSS:\t  123456 kB\n"
    private static long Field(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        var value = status[(status.IndexOf(name) + name.Length)..].TrimStart("\t "u8);
        return Utf8Parser.TryParse(value, out long kilobytes, out _) ? kilobytes * 1024 : 0;
    }
}
