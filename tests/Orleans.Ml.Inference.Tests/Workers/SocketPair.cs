using System.Net.Sockets;

namespace Orleans.Ml.Inference.Tests.Workers;

/// <summary>Both ends of a Unix domain socket, in this process.</summary>
internal sealed record SocketPair(Socket Node, Socket Worker) : IDisposable
{
    public static SocketPair Create()
    {
        var folder = Directory.CreateTempSubdirectory("oml-test-");
        try
        {
            var path = new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "s"));
            using var listener = New();
            listener.Bind(path);
            listener.Listen();
            var worker = New();
            worker.Connect(path);
            return new(listener.Accept(), worker);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose()
    {
        Node.Dispose();
        Worker.Dispose();
    }

    private static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
