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
    private const int StorageOffset = 300;
    private const int WebOffset = 400;

    public int Blob => settings.Port + StorageOffset;

    public int Queue => Blob + 1;

    public int Table => Blob + 2;

    public int Web => settings.Port + WebOffset;

    public int Http(int node) => settings.Port + node;

    public int Silo(int node) => settings.SiloPort + node;

    public int Gateway(int node) => settings.GatewayPort + node;

    /// <summary>Why they cannot be used, whoever else listens; null when they can.</summary>
    public string? Problem
    {
        get
        {
            var used = Used().ToList();
            if (used.MaxBy(use => use.Port) is { Port: > IPEndPoint.MaxPort } high)
                return $"{high.Option} leaves no room for a cluster of {settings.ClusterSize} nodes, which would use port {high.Port}.";
            return used.GroupBy(use => use.Port).FirstOrDefault(uses => uses.Count() > 1) is { } shared
                ? $"Two processes of the cluster would use port {shared.Key}: give --port, --silo-port and --gateway-port further apart."
                : null;
        }
    }

    /// <summary>Tries each port once, so that a taken one is named before anything is started.</summary>
    /// <exception cref="StartFailure">One is in use.</exception>
    public void ThrowIfTaken()
    {
        foreach (var (address, port, option) in Used())
            Ports.ThrowIfTaken(address, port, option);
    }

    private IEnumerable<(IPAddress Address, int Port, string Option)> Used()
    {
        for (var node = 0; node < settings.ClusterSize; node++)
        {
            if (settings.IsFrontend)
                yield return (settings.Address, Http(node), "--port");
            yield return (IPAddress.Loopback, Silo(node), "--silo-port");
            yield return (IPAddress.Loopback, Gateway(node), "--gateway-port");
        }

        yield return (settings.Address, Web, "--port");
        if (settings.Redis is not null)
            yield break;
        foreach (var port in (int[])[Blob, Queue, Table])
            yield return (IPAddress.Loopback, port, "--port");
    }
}
