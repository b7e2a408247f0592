using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Text.RegularExpressions;
using Orleans.Ml.CommandLine;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Silo.Options;

/// <summary>The options of the command line, each with its help and the check that needs no other option.</summary>
internal static partial class NodeArguments
{
    public static readonly Option<int> Port = HttpArguments.Port(9200);

    public static readonly Option<string> Data = new("--data")
    {
        Description = "Directory for models and state; created when it is not there.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
    };

    public static readonly Option<int> Processors = NumberOption.Create("--processors", "N", 65536,
        "Allocated processors: how many threads normal deployments may use together. Default: the machine's.");

    public static readonly Option<long> Memory = new("--memory")
    {
        Description = "Memory that deployments may use, such as 4gb. Default: 80 % of what the machine or the container allows.",
        HelpName = "BYTES",
        CustomParser = result => ParseBytes(result, least: 1, "512mb or 4gb"),
    };

    public static readonly Option<string> Name = new("--name")
    {
        Description = "The node's name: letters, digits, '.', '_' and '-'.",
        HelpName = "NODE",
        DefaultValueFactory = _ => "node-1",
        Validators = { CheckName },
    };

    public static readonly Option<bool> NoSamples = new("--no-samples") { Description = "Do not register and start the sample models." };

    public static readonly Option<string> Samples = new("--samples")
    {
        Description = "Directory of the sample models. Default: samples/models of the clone.",
        HelpName = "DIR",
    };

    public static readonly Option<string> ClusterHost = new("--cluster-host")
    {
        Description = "Address at which other nodes and Orleans clients reach this node: one of this machine's, or a name that resolves to one; it listens for them there alone. "
            + "Anything but loopback needs --allow-insecure-bind.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => NodeSettings.OnThisMachine,
        Validators = { CheckClusterHost },
    };

    public static readonly Option<int> SiloPort = NumberOption.Create("--silo-port", "PORT", IPEndPoint.MaxPort, "Port for other nodes, at --cluster-host. Default: the HTTP port + 100.");

    public static readonly Option<int> GatewayPort = NumberOption.Create("--gateway-port", "PORT", IPEndPoint.MaxPort, "Port for Orleans clients, at --cluster-host. Default: the HTTP port + 200.");

    public static readonly Option<int> Cluster = NumberOption.Create("--cluster", "N", 64,
        "Start N nodes, a web frontend and the Azure Storage emulator they share as processes of this machine that are started again when they die, on the ports that follow --port; "
        + "with --redis on that server instead. Each node gets --processors and --memory, by default its share of the machine's.");

    public static readonly Option<string> Redis = new("--redis")
    {
        Description = "Join the cluster whose membership and state are in this Redis server, such as 127.0.0.1:9500.",
        HelpName = "SERVER",
    };

    public static readonly Option<long> ModelCache = new("--model-cache")
    {
        Description = "How much of the Azure Storage account's models to keep on this node's disk, such as 20gb; 0 keeps none.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => NodeSettings.DefaultModelCacheBytes,
        CustomParser = result => ParseBytes(result, least: 0, "512mb or 20gb"),
    };

    public static readonly Option<string> Zone = new("--zone")
    {
        Description = "The node's zone; allocations are balanced over zones.",
        HelpName = "ZONE",
        DefaultValueFactory = _ => "",
    };

    public static readonly Option<NodeRoles> Roles = new("--roles")
    {
        Description = "What the node is for: compute (runs models), frontend (answers HTTP), or both.",
        HelpName = "ROLES",
        CustomParser = ParseRoles,
        DefaultValueFactory = _ => NodeRoles.Compute | NodeRoles.Frontend,
    };

    public static readonly Option<bool> ZeroTokenTypes = new("--zero-token-types")
    {
        Description = "Give both texts of a pair token type 0, as Elasticsearch does, instead of 0 and 1, with which models are trained. Give it to all nodes.",
    };

    public static readonly Option<string> JapaneseDictionary = new("--japanese-dictionary")
    {
        Description = "Folder of the MeCab dictionary (IPADIC in UTF-8) for the tokenizer bert_ja; default: that of Debian's mecab-ipadic-utf8.",
        HelpName = "DIR",
    };

    public static readonly Option<bool> JapaneseSearchMode = new("--japanese-search-mode")
    {
        Description = "Let bert_ja split compounds and take white space for unknown words, as Elasticsearch does, instead of finding MeCab's words, with which models " +
            "are trained. Give it to all nodes.",
    };

    private static void CheckName(OptionResult result)
    {
        if (result.Tokens is [var token] && !NodeName().IsMatch(token.Value))
            result.AddError($"--name may hold 1 to 64 letters, digits, '.', '_' and '-', was [{token.Value}].");
    }

    private static void CheckClusterHost(OptionResult result)
    {
        if (result.Tokens is not [var token])
            return;
        var isUsable = IPAddress.TryParse(token.Value, out var address)
            ? !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.Equals(IPAddress.Broadcast)
            : Uri.CheckHostName(token.Value) == UriHostNameType.Dns;
        if (!isUsable)
            result.AddError($"--cluster-host must be one address that others can connect to, or a name of one, was [{token.Value}].");
    }

    private static long ParseBytes(ArgumentResult result, long least, string examples)
    {
        var text = result.Tokens[0].Value;
        if (!ByteSize.TryParse(text, out var bytes) || bytes < least)
            result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be a byte size such as {examples}, was [{text}].");
        return bytes;
    }

    private static NodeRoles ParseRoles(ArgumentResult result)
    {
        var roles = NodeRoles.None;
        foreach (var role in result.Tokens[0].Value.Split(','))
        {
            roles |= role switch
            {
                "compute" => NodeRoles.Compute,
                "frontend" => NodeRoles.Frontend,
                _ => NodeRoles.None,
            };
            if (role is not ("compute" or "frontend"))
                result.AddError($"--roles may name compute and frontend, separated by a comma, was [{result.Tokens[0].Value}].");
        }

        return roles;
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NodeName();
}
