using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;

namespace Orleans.Ml.Benchmarks;

/// <summary>
/// Clients in a closed loop, each on a thread and a connection of its own with blocking calls: as little work per request as a client can do, because the
/// clients share the machine with the server they measure.
/// </summary>
internal static class HttpLoad
{
    /// <summary>Sends the same <c>_infer</c> over and over.</summary>
    public static LoadResult Run(int port, string modelId, string text, int clients, TimeSpan duration, int expectedStatus = 200)
    {
        var request = Request(port, modelId, text);
        using var start = new Barrier(clients + 1);
        var histograms = Enumerable.Range(0, clients).Select(_ => new LongHistogram(TimeSpan.TicksPerMinute, 3)).ToArray();
        var threads = histograms.Select(histogram => new Thread(() => Client(port, request, duration, start, histogram, expectedStatus))).ToList();
        threads.ForEach(t => t.Start());
        start.SignalAndWait();
        var clock = Stopwatch.GetTimestamp();
        threads.ForEach(t => t.Join());
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;

        var all = new LongHistogram(TimeSpan.TicksPerMinute, 3);
        foreach (var histogram in histograms)
            all.Add(histogram);
        return new(all.TotalCount / seconds, Milliseconds(all, 50), Milliseconds(all, 99));
    }

    private static void Client(int port, byte[] request, TimeSpan duration, Barrier start, LongHistogram histogram, int expectedStatus)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        var buffer = new byte[1 << 20];
        for (var warmUp = 0; warmUp < 20; warmUp++)
            Exchange(socket, request, buffer, expectedStatus);
        start.SignalAndWait();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var before = Stopwatch.GetTimestamp();
            Exchange(socket, request, buffer, expectedStatus);
            histogram.RecordValue(Stopwatch.GetElapsedTime(before).Ticks);
        }
    }

    private static void Exchange(Socket socket, byte[] request, byte[] buffer, int expectedStatus)
    {
        socket.Send(request);
        var read = 0;
        int head;
        while ((head = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8)) < 0)
            read += Receive(socket, buffer, read);
        var headers = Encoding.ASCII.GetString(buffer, 0, head);
        var status = int.Parse(headers.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        if (status != expectedStatus)
            throw new InvalidOperationException($"{headers}\n{Encoding.UTF8.GetString(buffer, head, read - head)}");
        var at = headers.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + 16;
        var end = headers.IndexOf('\r', at);
        var length = int.Parse(headers.AsSpan(at, (end < 0 ? headers.Length : end) - at), System.Globalization.CultureInfo.InvariantCulture);
        while (read < head + 4 + length)
            read += Receive(socket, buffer, read);
    }

    private static int Receive(Socket socket, byte[] buffer, int offset)
    {
        var count = socket.Receive(buffer, offset, buffer.Length - offset, SocketFlags.None);
        return count > 0 ? count : throw new IOException("The server closed the connection");
    }

    private static byte[] Request(int port, string modelId, string text)
    {
        var body = $$"""{"docs":[{"text_field":"{{text}}"}]}""";
        return Encoding.UTF8.GetBytes(
            $"POST /_ml/trained_models/{modelId}/_infer?timeout=60s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }

    private static double Milliseconds(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / (double)TimeSpan.TicksPerMillisecond;
}

/// <summary>What clients saw.</summary>
internal sealed record LoadResult(double PerSecond, double P50Milliseconds, double P99Milliseconds);
