using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Start;

/// <summary>Looks at the ports before anything is started, so that a taken one is named within milliseconds instead of after a silo's start.</summary>
internal static class Ports
{
    /// <summary>Tries each port once.</summary>
    /// <param name="settings">The ports, and the address of HTTP.</param>
    /// <param name="cluster">The address for other nodes and Orleans clients.</param>
    /// <exception cref="StartFailure">One is in use.</exception>
    public static void ThrowIfTaken(NodeSettings settings, IPAddress cluster)
    {
        if (settings.IsFrontend)
            ThrowIfTaken(settings.Address, settings.Port, "--port");
        ThrowIfTaken(cluster, settings.SiloPort, "--silo-port");
        ThrowIfTaken(cluster, settings.GatewayPort, "--gateway-port");
    }

    /// <summary>Tries one port.</summary>
    /// <param name="address">Where it is to listen.</param>
    /// <param name="port">The port.</param>
    /// <param name="option">What moves it.</param>
    /// <exception cref="StartFailure">It is in use.</exception>
    public static void ThrowIfTaken(IPAddress address, int port, string option)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
        }
        catch (SocketException refused)
        {
            throw new StartFailure(refused.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"Port {port} is in use by another program. Stop it, or choose another port with {option}.",
                SocketError.AccessDenied => $"Port {port} may not be opened by this user. Choose one above 1023 with {option}.",
                _ => $"{address} port {port} cannot be opened: {refused.Message}",
            });
        }
    }
}
