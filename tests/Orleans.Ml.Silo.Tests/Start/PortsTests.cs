using System.Net;
using System.Net.Sockets;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Tests.Start;

public sealed class PortsTests
{
    [Theory]
    [InlineData("--port")]
    [InlineData("--silo-port")]
    [InlineData("--gateway-port")]
    public void NamesThePortAndItsOption_WhenAnotherProgramHasIt(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        var settings = new NodeSettings(IPAddress.Loopback, FreePort(), FreePort(), FreePort(), "/tmp", 1, 1, "node-1", null);
        settings = option switch
        {
            "--port" => settings with { Port = taken },
            "--silo-port" => settings with { SiloPort = taken },
            _ => settings with { GatewayPort = taken },
        };

        var refused = Assert.Throws<StartFailure>(() => Ports.ThrowIfTaken(settings, IPAddress.Loopback));

        Assert.Equal($"Port {taken} is in use by another program. Stop it, or choose another port with {option}.", refused.Message);
    }

    [Fact]
    public void LeavesFreePortsFree()
    {
        var settings = new NodeSettings(IPAddress.Loopback, FreePort(), FreePort(), FreePort(), "/tmp", 1, 1, "node-1", null);

        Ports.ThrowIfTaken(settings, IPAddress.Loopback);

        using var listener = new TcpListener(IPAddress.Loopback, settings.Port);
        listener.Start();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
