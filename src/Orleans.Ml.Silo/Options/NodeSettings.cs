using System.Net;
using Orleans.Ml.Placement;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Silo.Options;

/// <summary>What the command line says, checked and with its defaults filled in.</summary>
/// <param name="Address">Where HTTP listens.</param>
/// <param name="Port">Port of HTTP.</param>
/// <param name="SiloPort">Port for other silos.</param>
/// <param name="GatewayPort">Port for Orleans clients.</param>
/// <param name="DataDirectory">Where everything is kept that outlives the process.</param>
/// <param name="Processors">Allocated processors of the node.</param>
/// <param name="MemoryBytes">Memory that deployments may use, in bytes.</param>
/// <param name="NodeName">The node's id.</param>
/// <param name="SamplesDirectory">Where the sample models are; null for none.</param>
/// <param name="Redis">The server that the nodes of a cluster share; null for a node of its own.</param>
/// <param name="AzureStorage">The account that the nodes of a cluster share; null for another kind of cluster, or none.</param>
/// <param name="Zone">What the node shares the risk of failing with.</param>
/// <param name="ClusterSize">How many nodes to start as processes of this machine; 1 is this process alone.</param>
/// <param name="Roles">What the node is for.</param>
/// <param name="ZeroTokenTypes">Whether both texts of a pair have token type 0, as in Elasticsearch.</param>
/// <param name="ClusterHost">Where other nodes and Orleans clients reach it: an address of this machine, or a name of one.</param>
/// <param name="ModelCacheBytes">How many bytes of the account's models the node keeps on its disk.</param>
/// <param name="JapaneseDictionary">Folder of the dictionary of <c>bert_ja</c>; null for that of Debian's package.</param>
/// <param name="JapaneseSearchMode">Whether <c>bert_ja</c> splits compounds, as in Elasticsearch.</param>
internal sealed record NodeSettings(
    IPAddress Address,
    int Port,
    int SiloPort,
    int GatewayPort,
    string DataDirectory,
    int Processors,
    long MemoryBytes,
    string NodeName,
    string? SamplesDirectory,
    string? Redis = null,
    AzureStorageAccount? AzureStorage = null,
    string Zone = "",
    int ClusterSize = 1,
    NodeRoles Roles = NodeRoles.Compute | NodeRoles.Frontend,
    bool ZeroTokenTypes = false,
    string ClusterHost = NodeSettings.OnThisMachine,
    long ModelCacheBytes = NodeSettings.DefaultModelCacheBytes,
    string? JapaneseDictionary = null,
    bool JapaneseSearchMode = false)
{
    /// <summary>The <see cref="ClusterHost"/> of nodes that only this machine reaches.</summary>
    public const string OnThisMachine = "127.0.0.1";

    /// <summary>10 GiB.</summary>
    public const long DefaultModelCacheBytes = 10L << 30;

    /// <summary>What is this node's alone; models are shared by the nodes of a cluster.</summary>
    public string NodeDirectory => Redis is null && AzureStorage is null ? DataDirectory : Path.Combine(DataDirectory, "nodes", NodeName);

    /// <summary>Whether it answers HTTP.</summary>
    public bool IsFrontend => Roles.HasFlag(NodeRoles.Frontend);

    /// <summary>Whether other nodes and Orleans clients reach it from this machine only. A name counts as known elsewhere.</summary>
    public bool IsClusterOnThisMachine => ClusterHost == "localhost" || (IPAddress.TryParse(ClusterHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Where a client on this machine reaches the API.</summary>
    public Uri BaseAddress
    {
        get
        {
            var reachable = Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Address;
            return new Uri($"http://{new IPEndPoint(reachable, Port)}/");
        }
    }
}
