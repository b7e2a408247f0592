using System.Net;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Cluster;

/// <summary>
/// The ports of a cluster on one machine: those of node 1 are given, the others' follow one by one, at most 64 of each kind. Above the nodes' HTTP ports by hundreds:
/// silos, gateways, the storage emulator, the web frontend.
/// </summary>
internal sealed class ClusterPorts(NodeSettings settings)
{
    /// <summary>The highest port of a cluster lies this far above its first.</summary>
    public const int Span = WebOffset;

    private const int StorageOffset = 300;
    private const int WebOffset = 400;

    public int Blob => settings.Port + StorageOffset;

    public int Queue => Blob + 1;

    public int Table => Blob + 2;

    public int Web => settings.Port + WebOffset;

    public int Http(int node) => settings.Port + node;

    public int Silo(int node) => settings.SiloPort + node;

    public int Gateway(int node) => settings.GatewayPort + node;

    /// <summary>Tries each port once, so that a taken one is named before anything is started.</summary>
    /// <exception cref="StartFailure">One is in use.</exception>
    public void ThrowIfTaken()
    {
        for (var node = 0; node < settings.ClusterSize; node++)
        {
            if (settings.IsFrontend)
                Ports.ThrowIfTaken(settings.Address, Http(node), "--port");
            Ports.ThrowIfTaken(IPAddress.Loopback, Silo(node), "--silo-port");
            Ports.ThrowIfTaken(IPAddress.Loopback, Gateway(node), "--gateway-port");
        }

        Ports.ThrowIfTaken(settings.Address, Web, "--port");
        if (settings.Redis is not null)
            return;
        foreach (var port in new[] { Blob, Queue, Table })
            Ports.ThrowIfTaken(IPAddress.Loopback, port, "--port");
    }
}
