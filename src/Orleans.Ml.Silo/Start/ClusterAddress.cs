using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Orleans.Ml.Silo.Start;

/// <summary>The address at which other nodes reach this one, and at which it listens for them.</summary>
internal static class ClusterAddress
{
    /// <summary>Finds it: of several that a name has, one that other machines can reach, IPv4 first.</summary>
    /// <param name="host">An IP address, or a name that resolves to one.</param>
    /// <exception cref="StartFailure">There is none on this machine.</exception>
    public static async Task<IPAddress> FindAsync(string host)
    {
        var found = await ResolveAsync(host);
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address).ToHashSet();
        var isNamed = !IPAddress.TryParse(host, out _);
        var address = Choose(found, own);
        if (address is not null && MisleadsOthers(host, address))
            throw new StartFailure($"--cluster-host {host} is {address} here, which no other machine reaches: give the address.");
        return address ?? throw new StartFailure(!isNamed
            ? $"--cluster-host {host} is no address of this machine."
            : $"--cluster-host {host} is {string.Join(", ", found.Select(address => address.ToString()))}, which is no address of this machine.");
    }

    /// <summary>The best of what a name resolves to; null when nothing of it is this machine's.</summary>
    internal static IPAddress? Choose(IEnumerable<IPAddress> found, IReadOnlySet<IPAddress> own) => found
        .Where(address => IPAddress.IsLoopback(address) || own.Contains(address))
        .OrderBy(IPAddress.IsLoopback)
        .ThenBy(address => address.AddressFamily != AddressFamily.InterNetwork)
        .FirstOrDefault();

    /// <summary>Debian's installer maps the machine's own name to 127.0.1.1: others would look for this node on themselves.</summary>
    internal static bool MisleadsOthers(string host, IPAddress address) => IPAddress.IsLoopback(address) && host != "localhost" && !IPAddress.TryParse(host, out _);

    private static async Task<IPAddress[]> ResolveAsync(string host)
    {
        if (IPAddress.TryParse(host, out var address))
            return [address];
        try
        {
            return await Dns.GetHostAddressesAsync(host);
        }
        catch (SocketException unknown)
        {
            throw new StartFailure($"--cluster-host {host} cannot be resolved: {unknown.Message}");
        }
    }
}
