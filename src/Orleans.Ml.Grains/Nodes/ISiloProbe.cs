using System.Net;
using System.Net.Sockets;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>Finds out whether a silo is up, before this one is a member and could ask it as one.</summary>
internal interface ISiloProbe
{
    /// <summary>Whether the silo at an endpoint answers.</summary>
    Task<bool> AnswersAsync(IPEndPoint silo, CancellationToken cancellationToken);
}

/// <summary>
/// Connects to the port for other silos. A silo introduces itself to whoever connects, without being asked, so a single byte tells that the process runs; a
/// connection alone does not, because the kernel accepts it also for a frozen one.
/// </summary>
internal sealed class SiloPortProbe(TimeProvider time) : ISiloProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<bool> AnswersAsync(IPEndPoint silo, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var connection = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await connection.ConnectAsync(silo, limit.Token);
            return await connection.ReceiveAsync(new byte[1], limit.Token) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
